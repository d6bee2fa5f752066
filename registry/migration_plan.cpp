#include "registry/migration_plan.hpp"

#include "crypto/mac.hpp"
#include "registry/reason.hpp"

#include <algorithm>
#include <stdexcept>

namespace latchkey::registry {
namespace {

constexpr const char* as_owner =
    "SET LOCAL ROLE latchkey_owner;\nSET LOCAL search_path = registry, pg_temp;\n";

std::string sql_of_pass(std::string_view name) {
  const auto file = std::ranges::find(pass_files(), name, &PassFile::name);
  if (file == pass_files().end()) throw std::logic_error("there is no registry/passes/" + std::string(name));
  return std::string(file->sql);
}

/// An SQL literal for names and digests of our files, which contain no quote.
std::string literal(std::string_view text) {
  return "'" + std::string(text) + "'";
}

Pass schema_pass(const SchemaFile& file) {
  const std::string version = literal(file.version);
  return {name_of(file),
          {{"NOT EXISTS (SELECT FROM registry.schema_migrations WHERE version = " + version + ")",
            as_owner + std::string(file.sql) +
                "INSERT INTO registry.schema_migrations (version, checksum) VALUES (" + version + ", " +
                literal(digest_of(file.sql)) + ");\n"}}};
}

/// A condition: the file changed, or a schema file dropped its object. To replace a view waits for all its
/// readers, and later readers wait behind that, so replace only changed views.
std::string is_outdated(const CodeFile& file) {
  std::string condition = "NOT EXISTS (SELECT FROM registry.schema_code WHERE name = " + literal(file.name) +
                          " AND digest = " + literal(digest_of(file.sql)) + ")";
  if (file.kind == CodeFile::Kind::view)
    condition +=
        " OR to_regclass('registry." + std::string(file.name.substr(file.name.find('/') + 1)) + "') IS NULL";
  return condition;
}

std::string remembered() {
  std::string names;
  std::string rows;
  for (const CodeFile& file : code_files()) {
    const std::string separator = rows.empty() ? "  " : ",\n  ";
    names += separator + literal(file.name);
    rows += separator + "(" + literal(file.name) + ", " + literal(digest_of(file.sql)) + ")";
  }
  return "INSERT INTO schema_code AS c (name, digest) VALUES\n" + rows +
         "\n  ON CONFLICT (name) DO UPDATE SET digest = EXCLUDED.digest, applied_at = now()\n"
         "  WHERE c.digest <> EXCLUDED.digest;\nDELETE FROM schema_code WHERE name NOT IN (\n" +
         names + ");\n";
}

/// One transaction, so that a service sees either the old code or the new.
Pass code_pass() {
  Pass pass{"code", {{"", as_owner + sql_of_pass("replaced") + "SET LOCAL check_function_bodies = off;\n"}}};
  for (const CodeFile& file : code_files()) {
    const bool cheap = file.kind == CodeFile::Kind::function;
    if (cheap)
      pass.parts.front().sql += file.sql;
    else
      pass.parts.push_back({is_outdated(file), std::string(file.sql)});
  }
  std::string rest;
  for (const char* name : {"removed", "check", "describe", "rights"})
    rest += sql_of_pass(name);
  pass.parts.push_back({"", rest + reasons_as_sql() + remembered() + sql_of_pass("finish")});
  return pass;
}

}  // namespace

std::string digest_of(std::string_view sql) {
  return crypto::to_hex(crypto::sha256(crypto::as_bytes(sql)));
}

std::vector<std::string> checksums_of(const SchemaFile& file) {
  constexpr std::string_view mark = "-- replaces: ";
  constexpr std::size_t digits = 64;
  std::vector<std::string> checksums{digest_of(file.sql)};
  for (auto at = file.sql.find(mark); at != std::string_view::npos; at = file.sql.find(mark, at + 1))
    checksums.emplace_back(file.sql.substr(at + mark.size(), digits));
  return checksums;
}

std::string name_of(const SchemaFile& file) {
  return std::string(file.version) + "_" + std::string(file.name);
}

std::vector<Pass> migration_plan() {
  std::vector<Pass> plan = {{"prepare", {{"", sql_of_pass("prepare")}}}};
  for (const SchemaFile& file : schema_files())
    plan.push_back(schema_pass(file));
  plan.push_back(code_pass());
  return plan;
}

}  // namespace latchkey::registry
