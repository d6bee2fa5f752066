#pragma once

#include "registry/registry.hpp"

#include <string>
#include <vector>

namespace latchkey::registry {

/// The database's condition as the service's login sees it, for `latchkey doctor`.
struct Condition {
  Clock now;                          ///< the database's
  bool read_only = false;             ///< a standby, or configured as read-only
  std::string schema;                 ///< the newest applied schema file; empty: none
  std::string needed;                 ///< the newest schema file of this program
  bool may_serve = false;             ///< the login may call the service's functions
  std::vector<std::string> sessions;  ///< the application names of all sessions of this login
};

/// Opens a connection of its own and returns within seconds. The error is the database's or libpq's sentence.
[[nodiscard]] std::expected<Condition, std::string> read_condition(const ConnectOptions& options);

/// The application_name of a service's connections: it shows in pg_stat_activity and reveals two services
/// with the same client id. `instance` is random for each process. A long client id is shortened, since
/// PostgreSQL keeps 63 bytes.
[[nodiscard]] std::string session_name(const std::string& client_id, const std::string& instance);

/// The client ids that several instances in `session_names` share.
[[nodiscard]] std::vector<std::string> shared_client_ids(const std::vector<std::string>& session_names);

}  // namespace latchkey::registry
