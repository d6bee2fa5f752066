#include "registry/migration.hpp"

#include "registry/admin_connection.hpp"
#include "registry/migration_plan.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <thread>

namespace latchkey::registry {
namespace {

using Found = std::vector<MigrationStatus>;
using Digests = std::map<std::string, std::string, std::less<>>;

constexpr int lock_tries = 12;
constexpr std::chrono::milliseconds between_tries{500};
constexpr std::chrono::seconds turn_limit{60};
// A pass may fill a new column for millions of devices.
constexpr std::chrono::hours pass_limit{1};

Digests read_digests(pqxx::nontransaction& reading, const std::string& table, const std::string& columns) {
  Digests digests;
  if (reading.exec("SELECT to_regclass('registry." + table + "')")[0][0].is_null()) return digests;
  std::string sql = "SELECT ";
  sql.append(columns).append(" FROM registry.").append(table);
  for (const auto& row : reading.exec(sql))
    digests.emplace(row[0].c_str(), row[1].c_str());
  return digests;
}

MigrationStatus status_of(const SchemaFile& file, const Digests& applied) {
  MigrationStatus status{MigrationStatus::Kind::schema, name_of(file)};
  const auto found = applied.find(file.version);
  status.applied = found != applied.end();
  status.edited = status.applied && std::ranges::count(checksums_of(file), found->second) == 0;
  return status;
}

Found read_status(pqxx::connection& connection) {
  pqxx::nontransaction reading(connection);
  const Digests schema = read_digests(reading, "schema_migrations", "version, checksum");
  const Digests code = read_digests(reading, "schema_code", "name, digest");
  Found all;
  for (const SchemaFile& file : schema_files())
    all.push_back(status_of(file, schema));
  for (const CodeFile& file : code_files()) {
    const auto found = code.find(file.name);
    all.push_back({MigrationStatus::Kind::code, std::string(file.name),
                   found != code.end() && found->second == digest_of(file.sql)});
  }
  return all;
}

void run(pqxx::connection& connection, const Pass& pass) {
  pqxx::work transaction(connection);
  transaction.exec("SET LOCAL lock_timeout = '2s'");
  for (const Part& part : pass.parts) {
    const bool wanted = part.condition.empty() || is_true(transaction.exec("SELECT " + part.condition)[0][0]);
    if (wanted) transaction.exec(part.sql);
  }
  transaction.commit();
}

/// False if `act` did not get a lock in time, or was ended by a deadlock: services at work lock tables in
/// another order.
template <class Act>
bool got_lock(const Act& act) {
  try {
    act();
    return true;
  } catch (const std::exception& error) {
    const auto state = sqlstate_of(error);
    if (state != "55P03" && state != "40P01") throw;
    return false;
  }
}

/// Gives up waiting for a lock after two seconds and tries again later, so that other sessions do not wait
/// behind it.
bool run_patiently(AdminConnection& connection, const Pass& pass) {
  const auto all = [&](pqxx::connection& at) { run(at, pass); };
  for (int tries = 1; tries <= lock_tries; ++tries) {
    if (got_lock([&] { connection.run(all, pass_limit); })) return true;
    std::this_thread::sleep_for(between_tries);
  }
  return false;
}

/// The lock is held until the connection ends.
bool take_migration_lock(AdminConnection& connection) {
  const auto take = [](pqxx::connection& at) {
    pqxx::nontransaction locking(at);
    locking.exec("SET lock_timeout = '" + std::to_string(turn_limit.count()) + "s'");
    locking.exec(migration_lock);
  };
  return got_lock([&] { connection.run(take, turn_limit + AdminConnection::usual_limit); });
}

AdminError waited_in_vain(const std::string& what) {
  return {AdminError::Kind::refused, what,
          "SELECT pid, usename, state, query FROM pg_stat_activity WHERE datname = current_database() shows "
          "who is at work. Run it again: what was applied stays."};
}

std::expected<Found, AdminError> apply_missing(AdminConnection& connection) {
  if (!take_migration_lock(connection))
    return std::unexpected(waited_in_vain("another migration of this database does not end"));
  Found missing = connection.run(read_status);
  const auto edited = std::ranges::find_if(missing, &MigrationStatus::edited);
  if (edited != missing.end())
    return std::unexpected(AdminError{
        AdminError::Kind::refused,
        "the schema file " + edited->name + " was applied with another text than this program carries",
        "Never edit a schema file that was applied: add a new one."});
  std::erase_if(missing, &MigrationStatus::applied);
  for (const Pass& pass : migration_plan())
    if (!run_patiently(connection, pass))
      return std::unexpected(waited_in_vain("an open transaction locks what " + pass.name + " changes"));
  for (MigrationStatus& status : missing)
    status.applied = true;
  return missing;
}

/// psql evaluates the condition by `\if`, we by a query.
std::string script_of(const Part& part) {
  if (part.condition.empty()) return part.sql;
  return "SELECT " + part.condition + " AS wanted \\gset\n\\if :wanted\n" + part.sql + "\\endif\n";
}

std::string refusal_of_edited(const SchemaFile& file) {
  std::string known;
  for (const auto& checksum : checksums_of(file))
    known += (known.empty() ? "'" : ", '") + checksum + "'";
  return "DO $$ BEGIN\n  IF EXISTS (SELECT FROM registry.schema_migrations WHERE version = '" +
         std::string(file.version) + "' AND checksum NOT IN (" + known +
         ")) THEN\n    RAISE EXCEPTION 'the schema file " + name_of(file) +
         " was applied with another text than this one';\n  END IF;\nEND $$;\n";
}

}  // namespace

std::expected<Found, AdminError> migration_status(const ConnectOptions& options) {
  return run_once<Found>(options, read_status);
}

std::expected<Found, AdminError> migrate(const ConnectOptions& options) {
  return with_connection<Found>(options, apply_missing);
}

std::string migration_script() {
  std::string script =
      "-- The registry of Latchkey, for psql: what `latchkey db migrate` does. Run it as often as you like:\n"
      "--   psql -X -q -f FILE postgresql://owner@db.example/latchkey\n"
      "\\set ON_ERROR_STOP on\n\\set QUIET on\n\\encoding UTF8\nSET client_min_messages = warning;\n"
      "SET lock_timeout = '60s';\n\\o /dev/null\n" +
      std::string(migration_lock) + ";\nSET lock_timeout = '2s';\n";
  for (const Pass& pass : migration_plan()) {
    script += "\n-- " + pass.name + "\nBEGIN;\n";
    for (const Part& part : pass.parts)
      script += script_of(part);
    script += "COMMIT;\n";
    if (pass.name == "prepare")
      for (const SchemaFile& file : schema_files())
        script += refusal_of_edited(file);
  }
  return script + "\\o\n";
}

}  // namespace latchkey::registry
