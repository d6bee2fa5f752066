#include "database.hpp"
#include "registry/housekeeping.hpp"
#include "registry/requests.hpp"
#include "registry/statuses.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

using namespace latchkey;
using test::Database;
using test::eventually;
using test::Login;

namespace {

/// Tables, of which the partitions are not looked at column by column: they are made like their parents.
constexpr const char* undocumented = R"(
SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname = 'registry' AND obj_description(oid, 'pg_namespace') IS NULL
UNION ALL
SELECT 'relation ' || relname FROM pg_class
  WHERE relnamespace = 'registry'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND obj_description(oid, 'pg_class') IS NULL
UNION ALL
SELECT 'column ' || relname || '.' || attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE relnamespace = 'registry'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition AND attnum > 0 AND NOT attisdropped
    AND col_description(c.oid, attnum) IS NULL
UNION ALL
SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'registry'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
UNION ALL
SELECT 'type ' || typname FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE typnamespace = 'registry'::regnamespace AND (typtype IN ('d', 'e', 'r') OR c.relkind = 'c') AND obj_description(t.oid, 'pg_type') IS NULL
)";

std::string partitions_of(Database& database, const std::string& parent) {
  return database.shown(
      "SELECT relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE relname NOT LIKE "
      "'%default' AND inhparent = 'registry." +
      parent + "'::regclass ORDER BY 1");
}

constexpr const char* service_backends =
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'latchkey'";

constexpr const char* make_fleet = R"(
INSERT INTO registry.enrollment (device_id, proof, material)
  SELECT 'fleet-' || n, 'symmetric_key', '\x00' FROM generate_series(1, 20000) n;
INSERT INTO registry.device (device_id, enrolled_by, state, generation)
  SELECT 'fleet-' || n, 'device', 'connected', 1 FROM generate_series(1, 20000) n;
INSERT INTO registry.credential (device_id, generation, type, request_id, digest, salt, master_key, signed_by, not_before, not_after, use_by)
  SELECT 'fleet-' || n, 1, 'password', 'request-of-the-fleet', sha256('x'), '\x00112233445566778899aabbccddeeff', '\x0011223344556677', 'service', now(), now() + interval '1 day', now() + interval '1 day'
  FROM generate_series(1, 20000) n;
INSERT INTO registry.presence (device_id, session, generation, online, last_seen_at)
  SELECT 'fleet-' || n, 'session-1', 1, true, now() FROM generate_series(1, 20000) n;
)";

/// Every call of the service once, on 100 devices: newcomers and known ones.
void call_everything(registry::Registry& registry, const std::string& prefix, int round) {
  const std::string request = "round " + std::to_string(round);
  std::vector<registry::RequestKey> keys;
  std::vector<registry::DecidedRequest> requests;
  std::vector<registry::StatusKey> status_keys;
  std::vector<registry::DecidedStatus> statuses;
  std::vector<registry::Sent> sent;
  for (int n = 1; n <= 100; ++n) {
    const std::string known = prefix + std::to_string(n);
    const std::string fresh = "new-" + std::to_string(round) + "-" + std::to_string(n);
    keys.push_back(test::key_of(known, request));
    requests.push_back(test::accepted({.device = fresh}));
    requests.push_back(
        test::accepted({.device = known, .request = request, .expected = 1, .to_registered = false}));
    status_keys.push_back({test::id_of(known), {}});
    statuses.push_back(
        test::connected({known, registry::DeviceState::connected, registry::DeviceState::connected}));
    sent.push_back({known, 1});
  }
  REQUIRE(load_requests(registry, keys));
  REQUIRE(commit_requests(registry, requests));
  REQUIRE(load_statuses(registry, status_keys));
  REQUIRE(commit_statuses(registry, statuses));
  REQUIRE(mark_sent(registry, sent));
}

std::string sequential_scans(Database& database) {
  return database.shown(
      "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE schemaname = 'registry' AND relname IN "
      "('device', 'credential', 'enrollment', 'enrollment_group', 'presence', 'quota') ORDER BY 1");
}

}  // namespace

TEST_CASE("everything in the schema has a comment", "[schema]") {
  Database database;
  CHECK(database.shown(undocumented).empty());
}

TEST_CASE("there are partitions for the last month, this one and the next three", "[schema]") {
  Database database;
  for (const std::string parent : {"attempt", "event"}) {
    const std::string expected = database.shown(
        "SELECT '" + parent +
        "_' || to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n), "
        "'YYYY_MM') FROM generate_series(-1, 3) n ORDER BY 1");
    CHECK(partitions_of(database, parent) == expected);
    CHECK(database.run("SELECT FROM pg_inherits WHERE inhparent = 'registry." + parent + "'::regclass")
              .size() == 6);
  }
}

TEST_CASE("partitions meet at midnight UTC of the first, whatever the session's time zone", "[schema]") {
  Database database;
  database.run("ALTER DATABASE " + database.name() + " SET timezone = 'America/St_Johns'");
  database.run(
      "DROP TABLE " +
          database.shown("SELECT 'registry.event' || to_char(now() AT TIME ZONE 'UTC' + interval '3 months', "
                         "'_YYYY_MM')"),
      Login::owner);
  auto registry = database.registry();
  REQUIRE(maintain(registry));
  CHECK(database.shown("SELECT count(*) FROM pg_inherits WHERE inhparent = 'registry.event'::regclass") ==
        "6");
  CHECK(database
            .refusal("SELECT registry.ensure_partition('event', (date_trunc('month', now()) + interval '4 "
                     "months')::date)",
                     Login::superuser)
            .state.empty());
}

TEST_CASE("maintain makes what is missing, and finds nothing to do the second time", "[schema]") {
  Database database;
  const std::string before = partitions_of(database, "attempt");
  const std::string last = before.substr(before.rfind('\n') + 1);
  database.run("DROP TABLE registry." + last, Login::owner);
  auto registry = database.registry();
  CHECK(maintain(registry));
  CHECK(partitions_of(database, "attempt") == before);
  CHECK(maintain(registry));
  CHECK(partitions_of(database, "attempt") == before);
  CHECK(database.refusal("DELETE FROM registry." + last, Login::owner).state == "42501");
  CHECK(database.shown(undocumented).empty());
}

TEST_CASE("maintain goes on while a writer is in the middle of something", "[schema]") {
  Database database;
  database.run(
      "DROP TABLE registry." +
          database.shown("SELECT max(relname) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE "
                         "inhparent = 'registry.attempt'::regclass AND relname NOT LIKE '%default'"),
      Login::owner);
  const auto writer = database.connect(Login::service);
  pqxx::work open(*writer);
  open.exec(
      "SELECT * FROM registry.commit_requests('[{\"i\":0,\"device_id\":\"a\",\"tracking_id\":"
      "\"00000000-0000-0000-0000-000000000000\",\"received_at\":\"now\",\"decision\":\"rejected\"}]')");
  auto registry = database.registry();
  CHECK(maintain(registry));
  open.commit();
  CHECK(database.shown("SELECT count(*) FROM registry.attempt") == "1");
}

TEST_CASE("plans that were made on an empty database still use the indexes when it has grown",
          "[schema][slow]") {
  Database database;
  // As if autovacuum never came: nothing tells the planner that the tables have grown.
  for (const std::string table :
       {"device", "credential", "enrollment", "enrollment_group", "presence", "quota"})
    database.run("ALTER TABLE registry." + table + " SET (autovacuum_enabled = off)");
  std::optional registry(database.registry());
  // A prepared statement settles for one plan after five executions.
  for (int round = 0; round < 6; ++round)
    call_everything(*registry, "nobody-", round);
  database.run(make_fleet);
  database.run("SELECT pg_stat_force_next_flush()");
  const std::string scans = sequential_scans(database);
  for (int round = 6; round < 9; ++round)
    call_everything(*registry, "fleet-", round);
  registry.reset();
  // A backend hands its counters in when it ends.
  REQUIRE(eventually([&] { return database.run(service_backends).empty(); }));
  CHECK(sequential_scans(database) == scans);
}

TEST_CASE("a name is up to 64 characters of the alphabet, in both domains alike", "[schema]") {
  Database database;
  const auto takes = [&](const std::string& domain, const std::string& name) {
    return database.refusal("SELECT " + name + "::registry." + domain, Login::superuser).state.empty();
  };
  for (const std::string domain : {"device_id", "group_name"}) {
    for (const std::string name : {"'a'", "'0'", "'a.B_9:-'", "repeat('a', 64)"})
      CHECK(takes(domain, name));
    for (const std::string name : {"''", "repeat('a', 65)", "'.a'", "'-a'", "'a/b'", "'a b'", "E'a\\n'",
                                   "E'\\na'", "'ä'", "'aä'", "repeat('ä', 64)"})
      CHECK_FALSE(takes(domain, name));
  }
}

TEST_CASE("no name is checked by a pattern with a bound", "[schema]") {
  Database database;
  // With a bound PostgreSQL takes 5 us for an id instead of 0.5.
  CHECK(database
            .shown("SELECT conname FROM pg_constraint WHERE contypid IN "
                   "('registry.device_id'::regtype, 'registry.group_name'::regtype) AND "
                   "pg_get_constraintdef(oid) LIKE '%{%'")
            .empty());
}
