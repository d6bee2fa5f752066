#include "registry/migration.hpp"

#include "database.hpp"
#include "registry/sources.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>

using namespace latchkey;
using registry::AdminError;
using registry::Failure;
using test::Database;
using test::eventually;
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

TEST_CASE("a migration fills an empty database, and a second time there is nothing to do", "[migrations]") {
  Database database = Database::empty();
  CHECK(migrate(database) == registry::schema_files().size() + registry::code_files().size());
  CHECK(migrate(database) == 0);
  CHECK(database.registry().check());
  CHECK(database.shown("SELECT count(*) FROM registry.schema_migrations") ==
        std::to_string(registry::schema_files().size()));
  CHECK(database.shown("SELECT count(*) FROM registry.schema_code") ==
        std::to_string(registry::code_files().size()));
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
  REQUIRE(before->size() == registry::schema_files().size() + registry::code_files().size());
  CHECK(before->front().name == "0001_tables");
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

TEST_CASE("a schema file that was edited after it was applied is refused, and nothing is applied",
          "[migrations]") {
  Database database;
  database.run("UPDATE registry.schema_migrations SET checksum = repeat('0', 64) WHERE version = '0001'");
  database.run("DELETE FROM registry.schema_migrations WHERE version = '0021'");
  const auto status = registry::migration_status(database.options(Login::owner));
  REQUIRE(status);
  CHECK(status->at(0).edited);
  CHECK_FALSE(status->at(1).edited);
  const auto done = registry::migrate(database.options(Login::owner));
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == AdminError::Kind::refused);
  CHECK(done.error().what.find("0001_tables") != std::string::npos);
  CHECK_FALSE(done.error().hint.empty());
  CHECK(database.shown("SELECT count(*) FROM registry.schema_migrations WHERE version = '0021'") == "0");
}

TEST_CASE("a schema file counts as applied by the checksum of one that it replaces", "[migrations]") {
  Database database;
  const std::string_view sql = registry::schema_files().front().sql;
  constexpr std::string_view mark = "-- replaces: ";
  const std::string before(sql.substr(sql.find(mark) + mark.size(), 64));
  database.run("UPDATE registry.schema_migrations SET checksum = '" + before + "' WHERE version = '0001'");
  CHECK(migrate(database) == 0);
}

TEST_CASE("a schema file that fails leaves nothing of itself and keeps those before it", "[migrations]") {
  Database database = Database::empty();
  migrate(database);
  // The type that it makes first is there already.
  database.run("DELETE FROM registry.schema_migrations WHERE version >= '0021'");
  database.run("DROP TYPE registry.placed_request CASCADE");
  const auto done = registry::migrate(database.options(Login::owner));
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == AdminError::Kind::refused);
  CHECK_FALSE(done.error().what.empty());
  CHECK(database.shown(latest) < "0021");
  CHECK(database.shown("SELECT to_regtype('registry.placed_request')") == "-");
}

TEST_CASE("code that fails leaves the code of before", "[migrations]") {
  Database database;
  // Stands in the way of a function: another one of this name returns something else.
  database.run(
      "SET ROLE latchkey_owner; DROP FUNCTION registry.suspend(text, text); CREATE FUNCTION "
      "registry.suspend(device_id text, reason text) RETURNS int LANGUAGE sql AS 'SELECT 1'; RESET ROLE",
      Login::owner);
  database.run("UPDATE registry.schema_code SET digest = 'old'", Login::owner);
  const auto done = registry::migrate(database.options(Login::owner));
  REQUIRE_FALSE(done);
  CHECK(done.error().what.find("return type") != std::string::npos);
  CHECK(database.shown("SELECT DISTINCT digest FROM registry.schema_code") == "old");
}

TEST_CASE("a function that was changed by hand is made anew", "[migrations]") {
  Database database;
  database.run(
      "CREATE OR REPLACE FUNCTION registry.suspend(INOUT device_id text, reason text DEFAULT NULL, OUT "
      "old_state text, OUT new_state text, OUT credentials_ended bigint) LANGUAGE sql AS "
      "'SELECT NULL, NULL, NULL, NULL::bigint'",
      Login::owner);
  migrate(database);
  CHECK(database.shown("SELECT prosrc LIKE '%act(%' AND prosecdef FROM pg_proc WHERE proname = 'suspend'") ==
        "t");
}

TEST_CASE("a view is made anew only if its text changed, so that a reader holds up nothing", "[migrations]") {
  Database database;
  const auto reader = database.connect(Login::reader);
  pqxx::work open(*reader);
  open.exec("SELECT FROM registry.devices");
  CHECK(migrate(database) == 0);
  database.run("UPDATE registry.schema_code SET digest = 'old' WHERE name = 'operators/groups'");
  CHECK(migrate(database) == 1);
}

TEST_CASE("what operators granted to roles of their own survives a view that is made anew", "[migrations]") {
  Database database;
  const std::string role = "grafana_" + database.name();
  database.run("CREATE ROLE " + role);
  database.run("GRANT SELECT ON registry.groups TO " + role + " WITH GRANT OPTION", Login::owner);
  database.run("GRANT EXECUTE ON FUNCTION registry.suspend(text, text) TO " + role, Login::owner);
  // As a migration that died after it had dropped them.
  database.run("INSERT INTO registry.kept_grant VALUES ('TABLE', 'registry.groups', '" + role +
                   "', 'SELECT', true), "
                   "('FUNCTION', 'registry.suspend(text, text)', '" +
                   role +
                   "', 'EXECUTE', false), "
                   "('TABLE', 'registry.devices', 'nobody_of_this_name', 'SELECT', false)",
               Login::owner);
  database.run("DROP VIEW registry.groups", Login::owner);
  database.run("DROP FUNCTION registry.suspend(text, text)", Login::owner);
  migrate(database);
  CHECK(database.shown("SELECT has_table_privilege('" + role +
                       "', 'registry.groups', 'SELECT WITH GRANT OPTION'), "
                       "has_function_privilege('" +
                       role + "', 'registry.suspend(text, text)', 'EXECUTE')") == "t|t");
  CHECK(database.shown("SELECT count(*) FROM registry.kept_grant") == "0");
  database.run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_CASE(
    "what operators granted on a function survives a version in which it takes and returns other things",
    "[migrations]") {
  Database database;
  const std::string role = "helpdesk_" + database.name();
  database.run("CREATE ROLE " + role);
  // As an earlier version had it.
  database.run(
      "SET ROLE latchkey_owner; DROP FUNCTION registry.resume(text, text); CREATE FUNCTION "
      "registry.resume(device_id text) RETURNS void LANGUAGE sql AS ''; GRANT EXECUTE ON FUNCTION "
      "registry.resume(text) TO " +
          role + "; RESET ROLE",
      Login::owner);
  migrate(database);
  CHECK(database.shown("SELECT oid::regprocedure FROM pg_proc WHERE proname = 'resume'") ==
        "registry.resume(text,text)");
  CHECK(database.shown("SELECT has_function_privilege('" + role +
                       "', 'registry.resume(text, text)', 'EXECUTE'), has_function_privilege('latchkey_ops', "
                       "'registry.resume(text, text)', 'EXECUTE')") == "t|t");
  database.run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_CASE("a migration refuses a schema in which somebody else owns something", "[migrations]") {
  Database database;
  database.run("CREATE TABLE registry.notes (note text)");
  const auto done = registry::migrate(database.options(Login::owner));
  REQUIRE_FALSE(done);
  CHECK(done.error().what.find("notes") != std::string::npos);
  CHECK_FALSE(done.error().hint.empty());
}

TEST_CASE("a right that was given to a role of Latchkey by hand is taken back", "[migrations]") {
  Database database;
  database.run("GRANT EXECUTE ON FUNCTION registry.suspend(text, text) TO latchkey_service, PUBLIC",
               Login::owner);
  migrate(database);
  CHECK(database.refusal("SELECT registry.suspend('12345', 'why')", Login::service).state == "42501");
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
  CHECK(first->size() + second->size() == registry::schema_files().size() + registry::code_files().size());
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

TEST_CASE("a registry without a function that the service calls has to be migrated first", "[migrations]") {
  Database database;
  database.run("DROP FUNCTION registry.mark_sent_2(jsonb)", Login::owner);
  const auto old = database.registry().check();
  REQUIRE_FALSE(old);
  CHECK(old.error().failure == Failure::old_schema);
  CHECK(old.error().what.find("mark_sent_2") != std::string::npos);
  migrate(database);
  CHECK(database.registry().check());
}

TEST_CASE("a database without a schema has to be migrated first", "[migrations]") {
  Database database = Database::empty();
  const auto none = database.registry().check();
  REQUIRE_FALSE(none);
  CHECK(none.error().failure == Failure::old_schema);
}
