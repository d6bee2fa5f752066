#include "registry/listener.hpp"

#include "database.hpp"
#include "registry/requests.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <thread>

using namespace latchkey;
using registry::Listener;
using std::chrono::milliseconds;
using test::Database;
using test::Login;

namespace {

constexpr milliseconds long_enough{10000};
constexpr milliseconds at_once{0};

/// Has its connection.
std::unique_ptr<Listener> listening(const Database& database) {
  auto listener = std::make_unique<Listener>(database.options(Login::service));
  const auto heard = listener->wait(long_enough);
  REQUIRE(heard.has_value());
  CHECK(heard->connected);
  return listener;
}

void register_device(const Database& database, const std::string& device) {
  auto registry = database.registry();
  const auto row = test::accepted({.device = device});
  REQUIRE(commit_requests(registry, std::span(&row, 1)).has_value());
}

}  // namespace

TEST_CASE("what an operator does to a device is heard when it is committed, and once",
          "[registry][listener]") {
  Database database;
  const auto listener = listening(database);
  register_device(database, "12345");
  database.run("BEGIN; SELECT registry.suspend('12345', 'lost'); ROLLBACK", Login::ops);
  CHECK(listener->wait(at_once)->topics.empty());

  database.run(
      "BEGIN; SELECT registry.suspend('12345', 'lost'); SELECT registry.revoke('12345', 'stolen'); COMMIT",
      Login::ops);
  const auto heard = listener->wait(long_enough);
  REQUIRE(heard.has_value());
  CHECK_FALSE(heard->connected);
  CHECK(heard->topics == std::vector<std::string>{"access"});
  CHECK(listener->wait(at_once)->topics.empty());
}

TEST_CASE("a listener that lost its connection says so, and that it has a new one", "[registry][listener]") {
  Database database;
  const auto listener = listening(database);
  database.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = "
      "current_database()");
  // The server's last words come first.
  CHECK(test::eventually([&] { return !listener->wait(long_enough).has_value(); }));
  const auto again = listener->wait(long_enough);
  REQUIRE(again.has_value());
  CHECK(again->connected);
}

TEST_CASE("a listener that is interrupted waits no more", "[registry][listener]") {
  const Database database;
  const auto listener = listening(database);
  std::thread other([&] { listener->interrupt(); });
  CHECK(listener->wait(std::chrono::hours(1)).has_value());
  CHECK(listener->wait(std::chrono::hours(1)).has_value());
  other.join();
}
