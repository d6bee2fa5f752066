#include "database.hpp"
#include "registry/migration.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <future>
#include <optional>
#include <string>

using namespace latchkey;
using test::Database;
using test::eventually;
using test::Login;

namespace {

bool waits_for(Database& database, const std::string& view) {
  return !database
              .run("SELECT FROM pg_locks WHERE NOT granted AND relation = 'registry." + view + "'::regclass")
              .empty();
}

}  // namespace

TEST_CASE("a migration gives up a lock that it does not get, and is tried again", "[migrations]") {
  Database database;
  database.run("UPDATE registry.schema_code SET digest = 'old' WHERE name = 'operators/devices'");
  const auto reader = database.connect(Login::reader);
  std::optional<pqxx::work> open(std::in_place, *reader);
  open->exec("SELECT FROM registry.devices");
  auto migrating =
      std::async(std::launch::async, [&] { return registry::migrate(database.options(Login::owner)); });
  REQUIRE(eventually([&] { return waits_for(database, "devices"); }));
  // Behind the one that waits there is no waiting for longer than its two seconds.
  const auto started = std::chrono::steady_clock::now();
  database.run("SELECT FROM registry.devices", Login::ops);
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(4));
  open.reset();
  const auto done = migrating.get();
  REQUIRE(done);
  CHECK(done->size() == 1);
}

TEST_CASE("a migration that gets no lock says who may hold it, and keeps what it applied",
          "[migrations][.slow]") {
  Database database;
  database.run("UPDATE registry.schema_code SET digest = 'old' WHERE name = 'operators/devices'");
  const auto reader = database.connect(Login::reader);
  pqxx::work open(*reader);
  open.exec("SELECT FROM registry.devices");
  const auto done = registry::migrate(database.options(Login::owner));
  REQUIRE_FALSE(done);
  CHECK(done.error().what == "an open transaction locks what code changes");
  CHECK(done.error().hint.find("pg_stat_activity") != std::string::npos);
}

TEST_CASE("a migration that a deadlock ended is tried again", "[migrations]") {
  Database database;
  database.run(
      "UPDATE registry.schema_code SET digest = 'old' WHERE name IN ('operators/attempts', "
      "'operators/devices')");
  // This one never looks for a deadlock itself, so the migration is the one that is ended.
  const auto reader = database.connect(Login::superuser);
  std::optional<pqxx::work> open(std::in_place, *reader);
  open->exec("SET LOCAL deadlock_timeout = '1h'");
  open->exec("SELECT FROM registry.attempts");
  auto migrating =
      std::async(std::launch::async, [&] { return registry::migrate(database.options(Login::owner)); });
  REQUIRE(eventually([&] { return waits_for(database, "attempts"); }));
  // The migration has changed this view before.
  open->exec("SELECT FROM registry.devices");
  open.reset();
  const auto done = migrating.get();
  INFO((done ? "" : done.error().what));
  REQUIRE(done);
  CHECK(done->size() == 2);
}
