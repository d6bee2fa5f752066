#include "maintained.hpp"
#include "registry/requests.hpp"
#include "rows.hpp"

#include <future>

using namespace latchkey;
using test::Database;
using test::Login;
using test::maintain;
using test::maintain_all;
using Steady = std::chrono::steady_clock;

TEST_CASE("only one maintains at a time, and the other does not wait", "[retention]") {
  Database database;
  const auto connection = database.connect(Login::ops);
  pqxx::work preview(*connection);
  preview.exec("SELECT registry.maintain()");
  const auto from = Steady::now();
  CHECK_FALSE(maintain(database));
  CHECK(Steady::now() - from < std::chrono::seconds(2));
}

TEST_CASE("credentials that ended long ago go, but for the newest of a device", "[retention]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"a"});
  for (int expected = 1; expected <= 3; ++expected)
    test::commit_one(registry, test::accepted({.device = "a",
                                               .request = std::to_string(expected),
                                               .expected = expected,
                                               .to_registered = false}));
  database.run(
      "UPDATE registry.credential SET not_before = now() - interval '2 years', not_after = now() - interval "
      "'14 months' WHERE generation <> 2");
  maintain_all(database);
  CHECK(database.shown("SELECT generation, certificate IS NULL FROM registry.credential ORDER BY 1") ==
        "2|f\n4|t");
  // It goes on from there, by the one that it has left.
  CHECK(test::load_one(registry, test::key_of("a")).newest->generation == 4);
  CHECK(test::commit_one(
            registry,
            test::accepted({.device = "a", .request = "next", .expected = 4, .to_registered = false})) ==
        registry::Outcome::won);
}

TEST_CASE("who waits for approval for a month goes, with an event, and may ask again", "[retention]") {
  Database database;
  auto registry = database.registry();
  const auto wait = [&](const std::string& device, std::optional<std::int64_t> expected = {}) {
    registry::DecidedRequest row{test::attempt_of(device, "pending"), {}, {}, {}};
    row.waiting = registry::Waiting{expected, {1}, "{}", {}, test::request_id(device), {}, {}};
    return test::commit_one(registry, row);
  };
  test::register_devices(registry, {"registered-before"});
  database.run("SELECT registry.reset('registered-before', 'why')", Login::ops);
  for (const std::string device : {"old", "new", "rejected"})
    wait(device);
  wait("registered-before", 1);
  database.run("SELECT registry.reject('rejected', 'why')", Login::ops);
  database.run(
      "UPDATE registry.device SET waiting_since = now() - interval '32 days' WHERE waiting_since IS NOT NULL "
      "AND device_id <> 'new'");
  maintain_all(database);
  CHECK(database.shown("SELECT device_id FROM registry.device ORDER BY 1") ==
        "new\nregistered-before\nrejected");
  CHECK(
      database.shown("SELECT old_state, new_state, reason FROM registry.events WHERE device_id = 'old' ORDER "
                     "BY at DESC LIMIT 1") == "provisioning_requested|off|retention");
  CHECK(wait("old") == registry::Outcome::noted);
  CHECK(database.shown("SELECT keep FROM registry.retention WHERE what = 'waiting'", Login::reader) ==
        "1 mon");
}

TEST_CASE("a certificate that ended long ago is erased, and all that has to be unique stays", "[retention]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"expired", "live", "in-grace"});
  database.run(
      "UPDATE registry.credential SET not_before = now() - interval '2 years', not_after = now() - interval "
      "'14 months', "
      "status = 'active' WHERE device_id <> 'live'; "
      "SELECT registry.enroll_group('patient', 'symmetric_key', '\\x01' || sha512('\\x00'), "
      "renewal_grace_days => 3000); "
      "UPDATE registry.device SET group_name = 'patient' WHERE device_id = 'in-grace'");
  maintain_all(database);
  CHECK(
      database.shown(
          "SELECT device_id, certificate IS NULL, erased_at IS NULL, serial IS NOT NULL, fingerprint IS NOT "
          "NULL FROM registry.credential ORDER BY 1") == "expired|t|f|t|t\nin-grace|f|t|t|t\nlive|f|t|t|t");
  CHECK(database.shown("SELECT device_id, status FROM registry.certificates ORDER BY 1", Login::reader) ==
        "expired|expired\nin-grace|expired\nlive|issued");
}

TEST_CASE("a credential that was never used ends by itself, and may be asked for again", "[retention]") {
  Database database;
  auto registry = database.registry();
  auto row = test::accepted({.device = "a"});
  row.registration->credential.use_by = row.registration->credential.not_before + std::chrono::minutes(61);
  test::commit_one(registry, row);
  CHECK(database.shown("SELECT device_id, unused FROM registry.expiring_credentials", Login::reader) ==
        "a|t");
  database.run("UPDATE registry.credential SET use_by = now() - interval '1 second'");
  CHECK(database.shown("SELECT count(*) FROM registry.expiring_credentials", Login::reader) == "0");
  CHECK(database.shown("SELECT status FROM registry.certificates", Login::reader) == "expired");
  CHECK_FALSE(test::load_one(registry, test::key_of("a")).newest->live);
}

TEST_CASE("what was only counted, and signs of clones, go after their time", "[retention]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"a"});
  database.run(
      "INSERT INTO registry.attempt_count SELECT now() - make_interval(mins => n * 60), '', 'unauthorized', "
      "1, 5 FROM "
      "generate_series(1, 15000) n; "
      "INSERT INTO registry.clone_sign (device_id, sign, last_seen, evidence) VALUES "
      "('a', 'key_came_back', now() - interval '2 years', '{}'), ('a', 'sessions_alternate', now(), '{}')");
  maintain_all(database);
  CHECK(database.shown("SELECT min(minute) >= now() - interval '13 months', count(*) > 9000 FROM "
                       "registry.attempt_count") == "t|t");
  CHECK(database.shown("SELECT sign FROM registry.suspected_clones", Login::reader) == "sessions_alternate");
}

TEST_CASE("the sums of a large registry are those of a small one, with the time they were made",
          "[retention]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"a", "b", "c"});
  database.run("SELECT registry.enroll_device('d', 'symmetric_key', '\\x01' || sha512('\\x00'))", Login::ops);
  database.run("SELECT registry.suspend('c', 'lost')", Login::ops);
  database.run(
      "UPDATE registry.device SET requested_at = requested_at - interval '3 days' WHERE device_id <> 'a'");
  constexpr const char* sums =
      "SELECT group_name, state, devices FROM registry.fleet UNION ALL SELECT NULL, 'funnel ' || requested, "
      "registered "
      "FROM registry.provisioning_funnel ORDER BY 1, 2, 3";
  const std::string live = database.shown(sums, Login::reader);
  CHECK(live == "-|funnel 1|1\n-|funnel 2|2\n-|off|1\n-|registered|2\n-|suspended|1");
  CHECK(summarize(registry));
  CHECK(database.shown("SELECT count(*) FROM registry.fleet_summary") == "0");
  database.run("UPDATE registry.setting SET count_live_below = 0");
  CHECK(database.shown(sums, Login::reader) == live);
  CHECK(summarize(registry));
  CHECK(database.shown("SELECT count(*) FROM registry.funnel_summary") == "1");
  CHECK(database.shown(sums, Login::reader) == live);
  CHECK(database.shown("SELECT max(counted_at) <= now() FROM registry.fleet") == "t");
  // Whoever comes within the half hour finds it done; after that it is counted anew.
  database.run("SELECT registry.resume('c', 'why')", Login::ops);
  CHECK(summarize(registry));
  CHECK(database.shown(sums, Login::reader) == live);
  database.run("UPDATE registry.fleet_summary SET counted_at = now() - interval '31 minutes'");
  CHECK(summarize(registry));
  CHECK(database.shown(sums, Login::reader) == "-|funnel 1|1\n-|funnel 2|2\n-|off|1\n-|registered|3");
}

TEST_CASE("counting is given up when the service ends", "[retention]") {
  Database database;
  database.run("UPDATE registry.setting SET count_live_below = 0");
  const auto connection = database.connect(Login::superuser);
  pqxx::work blocker(*connection);
  blocker.exec("LOCK TABLE registry.device");
  registry::Registry counting(database.options(Login::service), std::chrono::seconds(60));
  auto counted = std::async(std::launch::async, [&] { return summarize(counting); });
  REQUIRE(test::eventually([&] {
    return !database
                .run(
                    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = "
                    "'Lock'")
                .empty();
  }));
  const auto from = Steady::now();
  counting.abandon();
  CHECK_FALSE(counted.get());
  CHECK_FALSE(summarize(counting));
  CHECK(Steady::now() - from < std::chrono::seconds(2));
}

TEST_CASE("configurations go when the one after them is old, and the newest of each stays", "[retention]") {
  Database database;
  database.run(
      "DELETE FROM registry.config_history; "
      "INSERT INTO registry.config_history (device_id, group_name, config, at) "
      "SELECT o.device_id, o.group_name, jsonb_build_object('n', n), now() - make_interval(months => n) FROM "
      "(VALUES ('a', NULL), (NULL, 'g'), (NULL, NULL)) o(device_id, group_name), unnest(ARRAY[30, 20, 10]) "
      "n; "
      "INSERT INTO registry.config_history (device_id, config, at) VALUES ('b', '{}', now() - interval '5 "
      "years')");
  maintain_all(database);
  const std::string kept =
      "SELECT string_agg(concat_ws('', device_id, group_name) || (config ->> 'n'), ' ' ORDER BY device_id, "
      "group_name, at) FROM registry.config_history WHERE config <> '{}'";
  // 20 months ago: what was in effect 13 months ago.
  CHECK(database.shown(kept) == "a20 a10 g20 g10 20 10");
  CHECK(database.shown("SELECT count(*) FROM registry.config_history WHERE device_id = 'b'") == "1");
  CHECK(database.shown("SELECT new_keep FROM registry.set_retention('configurations', '1 month')") ==
        "1 mon");
  maintain_all(database);
  CHECK(database.shown(kept) == "a10 g10 10");
}
