#pragma once

// Private to this folder: what a migration consists of, whoever carries it out.

#include "registry/sources.hpp"

#include <string>
#include <vector>

namespace latchkey::registry {

/// Statements, and whether they are wanted.
struct Part {
  std::string condition;  ///< a boolean expression in SQL; empty: always
  std::string sql;
};

/// Parts that are committed together.
struct Pass {
  std::string name;
  std::vector<Part> parts;
};

/// Two migrations of one database take turns by it: any number that nothing else locks.
constexpr const char* migration_lock = "SELECT pg_advisory_lock(7237842013948)";

[[nodiscard]] std::string digest_of(std::string_view sql);
/// The checksums under which this very schema was applied: the file's own, and those of files that it
/// replaces (a line "-- replaces: <SHA-256>" in it for each).
[[nodiscard]] std::vector<std::string> checksums_of(const SchemaFile& file);
/// "0001_tables"
[[nodiscard]] std::string name_of(const SchemaFile& file);

[[nodiscard]] std::vector<Pass> migration_plan();

}  // namespace latchkey::registry
