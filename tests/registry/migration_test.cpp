#include "database.hpp"
#include "registry/migrations.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <future>

using namespace latchkey;
using registry::AdminError;
using registry::Failure;
using test::Database;
using test::Login;

namespace {

constexpr const char* latest = "SELECT max(version) FROM registry.schema_migrations";

std::size_t migrate(const Database& database) {
  const auto done = registry::migrate(database.options(Login::owner));
  INFO((done ? "" : done.error().what));
  REQUIRE(done);
  return done->size();
}

}  // namespace

TEST_CASE("migrations apply to an empty database, and a second time there is nothing to do", "[migrations]") {
  Database database = Database::empty();
  CHECK(migrate(database) == registry::migrations().size());
  CHECK(migrate(database) == 0);
  CHECK(database.registry().check());
  CHECK(database.shown("SELECT count(*) FROM registry.schema_migrations") ==
        std::to_string(registry::migrations().size()));
}

TEST_CASE("everything in the schema belongs to latchkey_owner, whoever migrated", "[migrations]") {
  Database database;
  CHECK(
      database.shown(
          "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = "
          "'registry'::regnamespace "
          "UNION SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'registry'::regnamespace "
          "UNION SELECT pg_get_userbyid(typowner) FROM pg_type WHERE typnamespace = "
          "'registry'::regnamespace") == "latchkey_owner");
}

TEST_CASE("the status shows what is applied, before and after", "[migrations]") {
  Database database = Database::empty();
  const auto before = registry::migration_status(database.options(Login::owner));
  REQUIRE(before);
  REQUIRE(before->size() == registry::migrations().size());
  CHECK(before->front().version == "0001");
  CHECK(before->front().name == "tables");
  for (const auto& status : *before)
    CHECK_FALSE(status.applied);
  migrate(database);
  for (const Login login : {Login::owner, Login::ops, Login::reader}) {
    const auto after = registry::migration_status(database.options(login));
    REQUIRE(after);
    for (const auto& status : *after)
      CHECK((status.applied && !status.edited));
  }
}

TEST_CASE("a migration that was edited after it was applied is refused, and nothing is applied",
          "[migrations]") {
  Database database;
  database.run("UPDATE registry.schema_migrations SET checksum = repeat('0', 64) WHERE version = '0001'");
  database.run("DELETE FROM registry.schema_migrations WHERE version = '0003'");
  const auto status = registry::migration_status(database.options(Login::owner));
  REQUIRE(status);
  CHECK(status->at(0).edited);
  CHECK_FALSE(status->at(1).edited);
  const auto done = registry::migrate(database.options(Login::owner));
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == AdminError::Kind::refused);
  CHECK(done.error().what.find("0001_tables") != std::string::npos);
  CHECK_FALSE(done.error().hint.empty());
  CHECK(database.shown("SELECT count(*) FROM registry.schema_migrations WHERE version = '0003'") == "0");
}

TEST_CASE("a migration that fails leaves nothing of itself and keeps those before it", "[migrations]") {
  Database database = Database::empty();
  // Stands in the way of the second migration: owner cannot know of it before.
  REQUIRE(registry::migrations()[1].version == "0002");
  migrate(database);
  database.run(
      "DROP FUNCTION registry.mark_sent(jsonb), registry.load_requests(jsonb), "
      "registry.load_statuses(jsonb), "
      "registry.commit_statuses(jsonb); DELETE FROM registry.schema_migrations WHERE version > '0001'");
  const auto done = registry::migrate(database.options(Login::owner));
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == AdminError::Kind::refused);
  CHECK_FALSE(done.error().what.empty());
  CHECK(database.shown(latest) == "0001");
  CHECK(database.shown("SELECT to_regprocedure('registry.load_requests(jsonb)')") == "-");
}

TEST_CASE("two that migrate at once take turns", "[migrations]") {
  Database database = Database::empty();
  const auto start = [&] {
    return std::async(std::launch::async, [&] { return registry::migrate(database.options(Login::owner)); });
  };
  auto one = start();
  auto other = start();
  const auto first = one.get();
  const auto second = other.get();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->size() + second->size() == registry::migrations().size());
  CHECK(std::min(first->size(), second->size()) == 0);
}

TEST_CASE("a login without the right to migrate is told so", "[migrations]") {
  Database database = Database::empty();
  const auto done = registry::migrate(database.options(Login::reader));
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == AdminError::Kind::permission);
}

TEST_CASE("an older schema has to be migrated first, a newer one serves", "[migrations]") {
  Database database;
  database.run("INSERT INTO registry.schema_migrations (version, checksum) VALUES ('9999', '')");
  CHECK(database.registry().check());
  database.run("DELETE FROM registry.schema_migrations WHERE version > '0001'");
  const auto old = database.registry().check();
  REQUIRE_FALSE(old);
  CHECK(old.error().failure == Failure::old_schema);
  CHECK(old.error().what.find("0001") != std::string::npos);
}

TEST_CASE("a database without a schema has to be migrated first", "[migrations]") {
  Database database = Database::empty();
  const auto none = database.registry().check();
  REQUIRE_FALSE(none);
  CHECK(none.error().failure == Failure::old_schema);
}
