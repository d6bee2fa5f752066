#include "database.hpp"
#include "registry/requests.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

using namespace latchkey;
using registry::Precedence;
using registry::Registry;
using test::Database;
using test::eventually;
using test::Login;
using Steady = std::chrono::steady_clock;

namespace {

Registry ranked(const Database& database, const std::shared_ptr<Precedence>& precedence, bool first) {
  auto options = database.options(Login::service);
  options.precedence = precedence;
  options.first = first;
  return Registry(std::move(options));
}

}  // namespace

TEST_CASE("a proof commits, and leaves nothing behind", "[standing]") {
  Database database;
  Registry registry = database.registry();
  CHECK(registry.standing().committed_at == Steady::time_point());
  const auto before = Steady::now();
  REQUIRE(registry.prove());
  CHECK(registry.standing().committed_at >= before);
  CHECK(registry.standing().complaint.empty());
  CHECK(database.shown("SELECT count(*) FROM registry.attempt") == "0");
  CHECK(database.shown("SELECT count(*) FROM registry.attempt_count") == "0");
  CHECK(database.shown("SELECT count(*) FROM registry.event") == "0");
}

TEST_CASE("what keeps a batch from being committed keeps a proof", "[standing]") {
  Database database;
  Registry registry = database.registry();
  SECTION("a database that turned read-only") {
    database.run("ALTER DATABASE " + database.name() + " SET default_transaction_read_only = on");
    CHECK_FALSE(registry.prove());
    CHECK(registry.standing().complaint.contains("read-only"));
    database.run("ALTER DATABASE " + database.name() + " RESET default_transaction_read_only");
  }
  SECTION("a right that was taken away") {
    database.run("REVOKE EXECUTE ON FUNCTION registry.commit_statuses FROM latchkey_service", Login::owner);
    CHECK_FALSE(registry.prove());
    CHECK(registry.standing().complaint.contains("permission denied"));
    database.run("GRANT EXECUTE ON FUNCTION registry.commit_statuses TO latchkey_service", Login::owner);
  }
  SECTION("a registry that is too old") {
    database.run("ALTER FUNCTION registry.mark_sent_2 RENAME TO mark_sent_later", Login::owner);
    CHECK_FALSE(registry.prove());
    CHECK(registry.standing().complaint.contains("run latchkey db migrate"));
    database.run("ALTER FUNCTION registry.mark_sent_later RENAME TO mark_sent_2", Login::owner);
  }
  CHECK(eventually([&] { return registry.prove().has_value(); }));
  CHECK(registry.standing().complaint.empty());
}

TEST_CASE("a batch that is committed is as good as a proof, and one that is only read is none",
          "[standing]") {
  Database database;
  Registry registry = database.registry();
  const std::vector keys = {test::key_of("12345")};
  REQUIRE(load_requests(registry, keys));
  CHECK(registry.standing().committed_at == Steady::time_point());
  test::register_devices(registry, {"12345"});
  CHECK(registry.standing().committed_at != Steady::time_point());
}

TEST_CASE("a connection that comes first gets its place, also where another one took it", "[standing]") {
  Database database;
  const auto precedence = std::make_shared<Precedence>();
  Registry first = ranked(database, precedence, true);
  Registry second = ranked(database, precedence, false);
  const auto waits = second.check();
  REQUIRE_FALSE(waits);
  CHECK(waits.error().what.contains("come first"));
  REQUIRE(first.check());
  CHECK(eventually([&] { return second.check().has_value(); }));

  database.run(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'latchkey' AND "
      "datname = current_database()");
  // One more than the test's own.
  const std::string others = database.shown(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name <> "
      "'latchkey'");
  database.run("ALTER DATABASE " + database.name() + " CONNECTION LIMIT " +
               std::to_string(std::stoi(others) + 1));
  CHECK(eventually([&] { return second.check().has_value(); }));
  CHECK(eventually([&] {
    const auto checked = first.check();
    return !checked && checked.error().what.contains("too many connections");
  }));
  CHECK_FALSE(second.check());
  CHECK(eventually([&] { return first.check().has_value(); }));
}

TEST_CASE("whoever comes first and ends keeps nobody waiting", "[standing]") {
  const Database database;
  const auto precedence = std::make_shared<Precedence>();
  {
    const Registry first = ranked(database, precedence, true);
    CHECK_FALSE(precedence->others_may());
  }
  CHECK(precedence->others_may());
  CHECK(ranked(database, precedence, false).check());
}
