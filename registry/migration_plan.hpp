#pragma once

// Private to this folder: the steps of a migration, for `migrate` and for the psql script.

#include "registry/sources.hpp"

#include <string>
#include <vector>

namespace latchkey::registry {

/// Statements with a condition.
struct Part {
  std::string condition;  ///< a boolean expression in SQL; empty: always
  std::string sql;
};

/// Parts in one transaction.
struct Pass {
  std::string name;
  std::vector<Part> parts;
};

/// Serializes migrations of one database. An arbitrary number that nothing else locks.
constexpr const char* migration_lock = "SELECT pg_advisory_lock(7237842013948)";

[[nodiscard]] std::string digest_of(std::string_view sql);
/// The checksums that count as this schema file: its own, and those of files that it replaces (a line "--
/// replaces: <SHA-256>" for each).
[[nodiscard]] std::vector<std::string> checksums_of(const SchemaFile& file);
/// "0001_tables"
[[nodiscard]] std::string name_of(const SchemaFile& file);

[[nodiscard]] std::vector<Pass> migration_plan();

}  // namespace latchkey::registry
