#pragma once

#include "registry/registry.hpp"

#include <string>
#include <vector>

namespace latchkey::registry {

/// What a login of the service finds when it looks around, for `latchkey doctor`.
struct Condition {
  Clock now;                          ///< the database's
  bool read_only = false;             ///< a standby, or set so
  std::string schema;                 ///< the newest schema file that was applied; empty: there is none
  std::string needed;                 ///< the newest that this program carries
  bool may_serve = false;             ///< the login may call the service's functions
  std::vector<std::string> sessions;  ///< the application names of all sessions of this login
};

/// By a connection of its own, within seconds. The error is a sentence of the database's or its library's.
[[nodiscard]] std::expected<Condition, std::string> look_around(const ConnectOptions& options);

/// The application name of a service's connections: by it the database shows who is connected, and two
/// services with one client id are found out. `instance` is random, one a process; a long client id is
/// shortened, since PostgreSQL keeps 63 bytes.
[[nodiscard]] std::string session_name(const std::string& client_id, const std::string& instance);

/// The client ids among such names that more than one instance has.
[[nodiscard]] std::vector<std::string> shared_client_ids(const std::vector<std::string>& session_names);

}  // namespace latchkey::registry
