#include "maintained.hpp"

#include <future>
#include <latch>

using namespace latchkey;
using test::Database;
using test::Login;
using test::maintain;
using test::maintain_all;
using Steady = std::chrono::steady_clock;

namespace {

std::string partitions(Database& database, const std::string& parent) {
  return database.shown(
      "SELECT count(*), min(relname) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE "
      "relname NOT LIKE '%default' AND inhparent = 'registry." +
      parent + "'::regclass");
}

/// Partitions of two and of one and a half years ago, with a row each.
void make_old_partitions(Database& database, const std::string& parent) {
  for (const std::string months : {"24", "18"})
    database.run("SELECT registry.ensure_partition('" + parent +
                 "', (date_trunc('month', now()) - interval '" + months + " months')::date)");
  const std::string columns = parent == "event" ? "(at, action, reason)"
                                                : "(received_at, tracking_id, device_id, "
                                                  "decision, latency_us)";
  const std::string rest = parent == "event" ? "'state', 'old'" : "gen_random_uuid(), 'old', 'rejected', 1";
  database.run("INSERT INTO registry." + parent + " " + columns +
               " SELECT date_trunc('month', now()) - make_interval(months => m) + interval '3 days', " +
               rest + " FROM unnest(ARRAY[24, 18]) m");
}

constexpr const char* one_rejection =
    "SELECT * FROM "
    "registry.commit_requests('[{\"i\":0,\"device_id\":\"a\",\"tracking_id\":\"00000000-0000-0000-0000-"
    "000000000000\",\"received_at\":\"now\",\"decision\":\"rejected\",\"code\":\"unauthorized\"}]')";

}  // namespace

TEST_CASE("partitions beyond retention go, one a call, and that they went is in the audit trail",
          "[retention]") {
  Database database;
  make_old_partitions(database, "attempt");
  make_old_partitions(database, "event");
  CHECK(maintain(database));
  CHECK_FALSE(maintain(database));
  CHECK(partitions(database, "attempt").starts_with("5|"));
  // The audit trail is kept for ever unless somebody says otherwise.
  CHECK(partitions(database, "event").starts_with("7|"));
  database.run("SELECT registry.set_retention('events', '20 months')", Login::ops);
  maintain_all(database);
  CHECK(partitions(database, "event").starts_with("6|"));
  CHECK(database.shown("SELECT count(*) FROM registry.events WHERE action = 'retention'") == "3");
  CHECK(database.shown("SELECT reason FROM registry.events WHERE action = 'set_retention'") ==
        "events: 1 year 8 mons");
}

TEST_CASE("a month goes only when its last day is beyond retention", "[retention]") {
  Database database;
  database.run("SELECT registry.set_retention('attempts', '18 months')", Login::ops);
  database.run(
      "SELECT registry.ensure_partition('attempt', (date_trunc('month', now()) - interval '18 "
      "months')::date)");
  maintain_all(database);
  CHECK(partitions(database, "attempt").starts_with("6|"));
}

TEST_CASE("behind a long reader nothing is dropped, and no writer waits for it", "[retention]") {
  Database database;
  make_old_partitions(database, "attempt");
  const auto reading = database.connect(Login::superuser);
  pqxx::work reader(*reading);
  reader.exec("SELECT count(*) FROM registry.attempt");

  auto writing = database.registry();
  std::atomic<bool> ending = false;
  std::latch started(1);
  auto longest = std::async(std::launch::async, [&] {
    const auto connection = database.connect(Login::service);
    pqxx::nontransaction writer(*connection);
    Steady::duration most{0};
    for (bool first = true; !ending; first = false) {
      const auto from = Steady::now();
      writer.exec(one_rejection);
      most = std::max(most, Steady::now() - from);
      if (first) started.count_down();
    }
    return most;
  });
  started.wait();
  maintain_all(database);
  ending = true;
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(longest.get());
  // 200 ms behind the lock that is not had, and what a busy machine adds.
  INFO(waited.count());
  CHECK(waited < std::chrono::milliseconds(1000));
  CHECK(partitions(database, "attempt").starts_with("7|"));
  reader.commit();
  maintain_all(database);
  CHECK(partitions(database, "attempt").starts_with("5|"));
}

TEST_CASE("behind a long writer nothing is dropped either, and it is not disturbed", "[retention]") {
  Database database;
  make_old_partitions(database, "attempt");
  const auto connection = database.connect(Login::service);
  pqxx::work writer(*connection);
  writer.exec(one_rejection);
  CHECK_FALSE(maintain(database));
  CHECK(partitions(database, "attempt").starts_with("7|"));
  writer.commit();
  maintain_all(database);
  CHECK(partitions(database, "attempt").starts_with("5|"));
  CHECK(database.shown("SELECT count(*) FROM registry.attempt") == "1");
}

TEST_CASE("a row of a month without a partition waits in the default one until it is made", "[retention]") {
  Database database;
  database.run("INSERT INTO registry.event (at, action) VALUES ('2041-05-05', 'a'), ('2041-06-06', 'b')");
  const auto places = [&] {
    return database.shown(
        "SELECT tableoid::regclass, action FROM registry.event WHERE at > '2041-01-01' ORDER BY 2");
  };
  CHECK(places() == "registry.event_default|a\nregistry.event_default|b");
  database.run("SELECT registry.ensure_partition('event', '2041-05-01')", Login::owner);
  CHECK(places() == "registry.event_2041_05|a\nregistry.event_default|b");
  CHECK(database.refusal("DELETE FROM registry.event_default", Login::owner).state == "42501");
  database.run("INSERT INTO registry.event (at, action) VALUES ('2041-07-07', 'c')");
  CHECK(places().ends_with("registry.event_default|c"));
  CHECK(database.shown("SELECT registry.maintain()", Login::service) == "f");
}

TEST_CASE("months that wait in the default partition get their own, the oldest first", "[retention]") {
  Database database;
  database.run(
      "INSERT INTO registry.event (at, action) VALUES ('2041-05-05', 'a'), ('2041-06-06', 'b');"
      "INSERT INTO registry.attempt (tracking_id, device_id, received_at, decision, latency_us) VALUES "
      "(gen_random_uuid(), 'a', '2021-02-03', 'accepted', 1)");
  const auto left = [&] {
    return database.shown("SELECT * FROM registry.count_default_rows()", Login::service);
  };
  CHECK(left() == "attempt|1\nevent|2");
  database.run("SELECT registry.make_partitions()", Login::service);
  CHECK(left() == "attempt|0\nevent|1");
  CHECK(database.shown("SELECT count(*) FROM registry.attempt_2021_02") == "1");
  database.run("SELECT registry.maintain()", Login::ops);
  CHECK(left() == "attempt|0\nevent|0");
  CHECK(database.shown("SELECT to_regclass('registry.attempt_2021_02')") == "-");  // beyond its retention
}

TEST_CASE("maintain creates the months that are missing also if an operator calls it", "[retention]") {
  Database database;
  const std::string before = partitions(database, "attempt");
  database.run("DROP TABLE registry.attempt_" + database.shown("SELECT to_char(now() AT TIME ZONE 'UTC' + "
                                                               "interval '3 months', 'YYYY_MM')"));
  CHECK(partitions(database, "attempt") != before);
  database.run("SELECT registry.maintain()", Login::ops);
  CHECK(partitions(database, "attempt") == before);
}

TEST_CASE("a partition that waits for a long reader holds up no writer", "[retention]") {
  Database database;
  database.run("DROP TABLE registry.attempt_" + database.shown("SELECT to_char(now() AT TIME ZONE 'UTC' + "
                                                               "interval '3 months', 'YYYY_MM')"));
  const auto reading = database.connect(Login::superuser);
  pqxx::work reader(*reading);
  reader.exec("SELECT count(*) FROM registry.attempt");
  auto making = std::async(std::launch::async, [&]() -> std::string {
    const auto connection = database.connect(Login::service);
    pqxx::nontransaction session(*connection);
    try {
      session.exec("SELECT registry.make_partitions()");
      return {};
    } catch (const pqxx::sql_error& error) {
      return error.sqlstate();
    }
  });
  REQUIRE(test::eventually([&] {
    return database.shown(
               "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = "
               "'registry.attempt_default'::regclass") == "1";
  }));
  // The service's sessions wait 200 ms for a lock.
  CHECK(database.refusal("SET lock_timeout = '200ms'; " + std::string(one_rejection), Login::service)
            .state.empty());
  CHECK(making.get() == "55P03");  // after 4 s; tried again within the hour
  reader.commit();
  CHECK(database.refusal("SELECT registry.make_partitions()", Login::service).state.empty());
}

TEST_CASE("the months to come have their partitions even where nothing else can be maintained",
          "[retention]") {
  Database database;
  database.run(
      "DO $$ DECLARE last text; BEGIN SELECT max(c.relname) INTO last FROM pg_inherits JOIN pg_class c ON "
      "c.oid = "
      "inhrelid WHERE inhparent = 'registry.event'::regclass AND c.relname NOT LIKE '%default'; EXECUTE "
      "format('DROP TABLE registry.%I', "
      "last); END $$;"
      "ALTER TABLE registry.clone_sign RENAME TO gone");
  const std::string before = partitions(database, "event");
  auto registry = database.registry();
  CHECK_FALSE(maintain(registry));
  CHECK(partitions(database, "event") != before);
}
