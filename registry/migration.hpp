#pragma once

#include "registry/administration.hpp"

#include <expected>
#include <string>
#include <vector>

/// Migrates a registry's schema and code (registry/README.md describes their layout).
namespace latchkey::registry {

/// A file of registry/schema or registry/code, and whether the registry has it.
struct MigrationStatus {
  enum class Kind { schema, code } kind = Kind::schema;
  std::string name;      ///< "0001_tables", or "service/load_requests"
  bool applied = false;  ///< code: with this program's text
  bool edited = false;   ///< schema: applied with a text that differs from this program's
};

/// All files of this program, in the order in which they are applied.
[[nodiscard]] std::expected<std::vector<MigrationStatus>, AdminError> migration_status(
    const ConnectOptions& options);

/// Applies missing files under an advisory lock: each schema file in a transaction of its own, then all code
/// in one. Waits for a table lock for 2 s, and tries again for half a minute. Refuses if an applied schema
/// file was edited. Returns the files that the registry did not have.
[[nodiscard]] std::expected<std::vector<MigrationStatus>, AdminError> migrate(const ConnectOptions& options);

/// The same as one script for psql, which may be run repeatedly.
[[nodiscard]] std::string migration_script();

}  // namespace latchkey::registry
