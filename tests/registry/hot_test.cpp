#include "database.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

using namespace latchkey;
using registry::DeviceState;
using registry::Outcome;
using test::commit_one;
using test::Database;

namespace {

constexpr const char* updates =
    "SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = 'registry' "
    "AND relname IN ('credential', 'device') ORDER BY 1";

/// A device that is ready, by a session of the service that has ended and told what it wrote.
void become_ready(Database& database) {
  auto registry = database.registry();
  test::register_devices(registry, {"a"});
  CHECK(commit_one(registry, test::connected({"a", DeviceState::registered, DeviceState::connected})) ==
        Outcome::won);
  CHECK(commit_one(registry, test::ready({"a", DeviceState::connected, DeviceState::ready})) == Outcome::won);
}

void renew(Database& database) {
  auto registry = database.registry();
  CHECK(commit_one(
            registry,
            test::accepted({.device = "a", .request = "second", .expected = 1, .to_registered = false})) ==
        Outcome::won);
  CHECK(commit_one(registry, test::connected({"a", DeviceState::ready, DeviceState::ready, "session-2"},
                                             2)) == Outcome::won);
}

void await_the_end_of_its_session(Database& database) {
  REQUIRE(test::eventually([&] {
    return database.shown(
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
               "application_name = 'latchkey'") == "0";
  }));
}

}  // namespace

TEST_CASE("a renewal writes no index of the rows that it changes", "[hot]") {
  Database database;
  become_ready(database);
  await_the_end_of_its_session(database);
  database.run("SELECT pg_stat_reset()");
  renew(database);
  await_the_end_of_its_session(database);
  // Of the device its generation and what it confirmed; the old credential ends, the new one is active.
  CHECK(database.shown(updates) == "credential|2|2\ndevice|2|2");
}

TEST_CASE("blocked devices and logins are found by indexes", "[hot]") {
  Database database;
  database.run(
      "INSERT INTO registry.device (device_id, enrolled_by, state, generation) "
      "SELECT 'd-' || n, 'device', 'ready', 1 FROM generate_series(1, 5000) n;"
      "INSERT INTO registry.credential (device_id, generation, type, request_id, digest, salt, master_key, "
      "password_hash, signed_by, not_before, not_after, use_by) SELECT device_id, 1, 'password', "
      "'request-of-the-fleet', sha256('x'), '\\x00112233445566778899aabbccddeeff', '\\x0011223344556677', "
      "sha256('x'), 'service', now(), now() + interval '1 day', now() + interval '1 day' FROM "
      "registry.device;"
      "ANALYZE; SELECT pg_stat_force_next_flush()");
  database.run("SELECT pg_stat_reset()");
  database.run("SELECT count(*) FROM registry.load_broker_access_2()");
  const auto read = [&](const std::string& table) {
    return database.shown(
        "SELECT seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes i "
        "WHERE i.relid = t.relid)::bigint FROM pg_stat_user_tables t WHERE relid = 'registry." +
        table + "'::regclass");
  };
  CHECK(read("device") == "0");
  CHECK(read("credential") == "0");
  const auto plan = database.shown("EXPLAIN SELECT FROM registry.mqtt_user WHERE username = 'd-7@1'");
  CHECK(plan.find("credential_username") != std::string::npos);
}
