#include "database.hpp"
#include "registry/broker_access.hpp"
#include "registry/configs.hpp"
#include "registry/housekeeping.hpp"
#include "registry/notices.hpp"
#include "registry/requests.hpp"
#include "registry/statuses.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <unistd.h>

#include <array>
#include <fstream>
#include <optional>

using namespace latchkey;
using registry::DeviceState;
using test::Database;
using test::Login;

namespace {

constexpr int batch = 100;

struct Newcomers {
  int first = 0;
  int count = batch;
};

/// One batch of newcomers, from the first request to `ready`: every call that the service makes for them.
void provision(registry::Registry& registry, const Newcomers& newcomers) {
  std::vector<registry::RequestKey> keys;
  std::vector<registry::DecidedRequest> requests;
  std::vector<registry::Sent> sent;
  std::vector<registry::StatusKey> status_keys;
  std::vector<registry::DecidedStatus> connected, ready;
  for (int n = newcomers.first; n < newcomers.first + newcomers.count; ++n) {
    const std::string id = "meter-" + std::to_string(n);
    keys.push_back(test::key_of(id));
    requests.push_back(test::accepted({.device = id}));
    sent.push_back({id, 1});
    status_keys.push_back({test::id_of(id), 1});
    connected.push_back(test::connected({id, DeviceState::registered, DeviceState::connected}));
    ready.push_back(test::ready({id, DeviceState::connected, DeviceState::ready}));
  }
  REQUIRE(load_requests(registry, keys));
  const auto committed = commit_requests(registry, requests);
  INFO((committed ? "" : committed.error().what));
  REQUIRE(committed);
  REQUIRE(mark_sent(registry, sent));
  for (const auto& statuses : {connected, ready}) {
    REQUIRE(load_statuses(registry, status_keys));
    REQUIRE(commit_statuses(registry, statuses));
  }
}

/// Seconds of processor time that the service's backend has taken: unlike the clock on the wall it does not
/// say how busy the machine was. The cluster is on this one.
double processor_time(Database& database) {
  std::ifstream file("/proc/" +
                     database.shown("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
                                    "application_name = 'latchkey'") +
                     "/stat");
  // Fields 14 and 15, user and system time; the second one, a name in parentheses, may hold spaces.
  std::string field;
  std::getline(file, field, ')');
  for (int n = 3; n < 14; ++n)
    file >> field;
  double user = 0, system = 0;
  file >> user >> system;
  REQUIRE(file);
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// What an import or a bulk act brings into a table that may be empty when a service starts: at once, and
/// before anybody counts it. $ stands for the rows' numbers.
struct Filled {
  const char* table;
  const char* columns;
  const char* values;
};
constexpr std::array filled{
    Filled{"quota", "name, max", "'group:other-' || n, 5"},
    Filled{"enrollment_group", "name, proof, material, quota",
           "'other-' || n, 'symmetric_key', '\\x01' || sha512('\\x00'), 'group:other-' || n"},
    Filled{"group_ca", "subject, group_name", "sha256(n::text::bytea), 'other-' || n"},
    Filled{"token", "hash, group_name, valid_until",
           "sha256(n::text::bytea), 'other-' || n, now() + interval '1 day'"},
    Filled{"enrollment", "device_id, proof, material", "'other-' || n, 'symmetric_key', '\\x00'"},
    Filled{"device_config", "device_id, config", "'other-' || n, '{}'"},
    Filled{"device", "device_id, group_name, enrolled_by, quota, state, generation",
           "'other-' || n, 'other-' || n, 'device', 'group:other-' || n, 'registered', 1"},
    Filled{"credential",
           "device_id, generation, type, request_id, digest, salt, master_key, signed_by, not_before, "
           "not_after, use_by",
           "'other-' || n, 1, 'password', 'request-' || n || '-of-other', sha256(''), substr(sha256(''), 1, "
           "16), "
           "substr(sha256(''), 1, 8), 'service', now(), now() + interval '1 day', now() + interval '1 day'"},
    Filled{"access_entry", "device_id, version, untold", "'other-' || n, n, 0"},
    Filled{"rights_set", "group_name, rights, version, untold",
           "'other-' || n, '{\"publish\": [], \"subscribe\": []}', n, false"},
    Filled{"rights_entry", "device_id, group_name, version, untold",
           "'other-' || n, 'other-' || n, n, false"},
    Filled{"presence", "device_id, session, generation, online, last_seen_at",
           "'other-' || n, 'session', 1, true, now()"},
    Filled{"nudge", "device_id, request_id, signed_by",
           "'other-' || n, 'request-' || n || '-of-other', 'service'"},
    Filled{"config_due", "device_id, due_at", "'other-' || n, now() + interval '1 day'"},
    Filled{"clone_sign", "device_id, sign, evidence", "'other-' || n, 'key_came_back', '{}'"},
};
constexpr int rows_of_others = 5000;
const registry::GateQuery gate_query{.ids = {"other-1"}, .untold = 10, .after = "other-2", .page = 10};

void fill(Database& database, const Filled& one) {
  database.run("SET session_replication_role = replica; INSERT INTO registry." + std::string(one.table) +
               " (" + one.columns + ") SELECT " + one.values + " FROM generate_series(1, " +
               std::to_string(rows_of_others) +
               ") n; SET session_replication_role = origin; SELECT pg_stat_force_next_flush()");
}

/// Tables of which more was read than the batch can be about.
std::string read_whole(Database& database) {
  return database.shown(
      "SELECT t.relname, t.seq_tup_read + coalesce(i.n, 0) FROM pg_stat_user_tables t LEFT JOIN LATERAL "
      "(SELECT sum(idx_tup_read)::bigint AS n FROM pg_stat_user_indexes i WHERE i.relid = t.relid) i ON true "
      "WHERE t.schemaname = 'registry' AND t.seq_tup_read + coalesce(i.n, 0) > 2500 ORDER BY 1");
}

bool service_is_gone(Database& database) {
  return database.shown(
             "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
             "application_name = 'latchkey'") == "0";
}

/// Every call of the service about devices, by a session whose plans are made: one is kept from the sixth
/// call on.
registry::Registry warm_session(Database& database) {
  auto registry = database.registry();
  for (int n = 0; n < 7; ++n) {
    REQUIRE(load_requests(registry, std::array{test::key_of("nobody")}));
    REQUIRE(load_statuses(registry, std::array{registry::StatusKey{test::id_of("nobody"), 1}}));
    REQUIRE(load_gate_access(registry, gate_query));
  }
  for (int n = 0; n < 7; ++n)
    provision(registry, {.first = n, .count = 1});
  return registry;
}

/// `late`: the table that is filled once the session is warm; nothing: all are.
void check_reads(const Filled* late) {
  Database database;
  for (const Filled& one : filled) {
    database.run("ALTER TABLE registry." + std::string(one.table) + " SET (autovacuum_enabled = off)");
    if (late != nullptr && late != &one) fill(database, one);
  }
  if (late != nullptr) database.run("ANALYZE");
  {
    auto registry = warm_session(database);
    for (const Filled& one : filled)
      if (late == nullptr || late == &one) fill(database, one);
    database.run("SELECT pg_stat_reset()");
    provision(registry, {.first = 100, .count = 50});
    REQUIRE(load_gate_access(registry, gate_query));
    REQUIRE(claim_configs(registry));
    REQUIRE(claim_notices(registry));
  }
  // A backend tells what it read when it ends.
  REQUIRE(test::eventually([&] { return service_is_gone(database); }));
  INFO((late == nullptr ? "all" : late->table));
  CHECK(read_whole(database) == "");
}

}  // namespace

TEST_CASE("tables that were empty when a session began are not read whole once they were filled") {
  check_reads(nullptr);
}

TEST_CASE("one table that was empty when a session began is not read whole once it was filled", "[.slow]") {
  for (const Filled& late : filled)
    check_reads(&late);
}

TEST_CASE("a device costs no more in a large batch than in small ones") {
  constexpr int large = 2000;
  Database database;
  auto registry = database.registry();
  // Before the first measure: caches are filled, plans are made and kept.
  for (int n = 0; n < 10; ++n)
    provision(registry, {.first = n * batch});
  const double begin = processor_time(database);
  for (int n = 10; n < 10 + large / batch; ++n)
    provision(registry, {.first = n * batch});
  const double small = processor_time(database) - begin;
  provision(registry, {.first = 10 * batch + large, .count = large});
  const double at_once = processor_time(database) - begin - small;
  INFO("in batches of " << batch << " they took " << small << " s, at once " << at_once << " s");
  CHECK(at_once <= 1.5 * small);
}

TEST_CASE("the fifty-thousandth device costs what the first did, without autovacuum", "[.slow]") {
  constexpr int devices = 50'000, window = 5'000;
  Database database;
  // Nothing ever tells the planner that the tables have grown.
  for (const std::string table :
       {"device", "credential", "enrollment", "enrollment_group", "presence", "quota"})
    database.run("ALTER TABLE registry." + table + " SET (autovacuum_enabled = off)");
  auto registry = database.registry();
  double first = 0, begin = 0;
  for (int n = 0; n < devices; n += batch) {
    provision(registry, {.first = n});
    if (n == 0) begin = processor_time(database);  // the first batch of all finds every cache empty
    if (n + batch == window) first = processor_time(database) - begin;
    if (n + batch == devices - window) begin = processor_time(database);
  }
  const double last = processor_time(database) - begin;
  // The first window is short of its first batch.
  first = first * window / (window - batch);
  WARN("of processor time the first 5,000 took " << first << " s, the last " << last << " s");
  CHECK(database.shown("SELECT count(*) FROM registry.device WHERE state = 'ready'") ==
        std::to_string(devices));
  CHECK(last <= 1.2 * first);
}
