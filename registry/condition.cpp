#include "registry/condition.hpp"

#include "crypto/mac.hpp"
#include "registry/admin_connection.hpp"
#include "registry/rows.hpp"
#include "registry/sources.hpp"

#include <map>
#include <set>

namespace latchkey::registry {
namespace {

constexpr std::string_view program = "latchkey ";
constexpr std::size_t longest_id = 40;

constexpr const char* look_sql =
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, "
    "pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on', "
    "coalesce((SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = 'registry'), "
    "true), "
    "coalesce((SELECT has_function_privilege(p.oid, 'EXECUTE') FROM pg_proc p JOIN pg_namespace n "
    "ON n.oid = p.pronamespace WHERE n.nspname = 'registry' AND p.proname = 'commit_requests'), false)";
constexpr const char* sessions_sql =
    "SELECT DISTINCT application_name FROM pg_stat_activity "
    "WHERE usename = current_user AND datname = current_database() AND application_name <> '' LIMIT 1000";

std::string schema_of(pqxx::nontransaction& looking) {
  if (looking.exec("SELECT to_regclass('registry.schema_migrations')")[0][0].is_null()) return {};
  return looking.exec("SELECT coalesce(max(version), '') FROM registry.schema_migrations")[0][0].c_str();
}

Condition read_condition_of(pqxx::connection& connection) {
  pqxx::nontransaction looking(connection);
  looking.exec("SET statement_timeout = '5s'");
  Condition found;
  found.needed = schema_files().back().version;
  const pqxx::result row = looking.exec(look_sql);
  found.now = clock_of(row[0][0]);
  found.read_only = is_true(row[0][1]);
  const bool may_look = is_true(row[0][2]);
  found.may_serve = may_look && is_true(row[0][3]);
  // Without the right to read it the version is unknown: report the missing right first.
  found.schema = may_look ? schema_of(looking) : found.needed;
  for (const auto& session : looking.exec(sessions_sql))
    found.sessions.emplace_back(session[0].c_str());
  return found;
}

}  // namespace

std::expected<Condition, std::string> read_condition(const ConnectOptions& options) {
  try {
    return AdminConnection(options).run(read_condition_of);
  } catch (...) {
    return std::unexpected(classify_current_exception(false).what);
  }
}

std::string session_name(const std::string& client_id, const std::string& instance) {
  std::string id = client_id;
  if (id.size() > longest_id) {
    const auto digest = crypto::sha256(crypto::as_bytes(id));
    id = id.substr(0, longest_id / 2) + "~" + crypto::to_hex(digest).substr(0, longest_id / 2 - 1);
  }
  return std::string(program) + instance + " " + id;
}

std::vector<std::string> shared_client_ids(const std::vector<std::string>& session_names) {
  std::map<std::string, std::set<std::string>> instances;
  for (const std::string& name : session_names) {
    if (!name.starts_with(program)) continue;
    const auto space = name.find(' ', program.size());
    if (space == std::string::npos) continue;
    instances[name.substr(space + 1)].insert(name.substr(program.size(), space - program.size()));
  }
  std::vector<std::string> shared;
  for (const auto& [id, who] : instances)
    if (who.size() > 1) shared.push_back(id);
  return shared;
}

}  // namespace latchkey::registry
