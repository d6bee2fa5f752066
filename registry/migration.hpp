#pragma once

#include "registry/administration.hpp"

#include <expected>
#include <string>
#include <vector>

/// Bringing a registry's schema and code up to date (registry/README.md says how it is laid out).
namespace latchkey::registry {

/// A file of registry/schema or registry/code, and whether the registry has it.
struct MigrationStatus {
  enum class Kind { schema, code } kind = Kind::schema;
  std::string name;      ///< "0001_tables", or "service/load_requests"
  bool applied = false;  ///< code: with the text that this program carries
  bool edited = false;   ///< schema: applied with another text than this program carries
};

/// All that this program carries, in the order in which it applies.
[[nodiscard]] std::expected<std::vector<MigrationStatus>, AdminError> migration_status(
    const ConnectOptions& options);

/// Applies what is missing under an advisory lock: each schema file in a transaction of its own, then all
/// code in one. Waits at most 2 s for a lock and tries again for half a minute. Refuses when an applied
/// schema file was edited. Returns what it applied and the registry did not have.
[[nodiscard]] std::expected<std::vector<MigrationStatus>, AdminError> migrate(const ConnectOptions& options);

/// The same for psql alone: one script, which may be run again at any time.
[[nodiscard]] std::string migration_script();

}  // namespace latchkey::registry
