#include "database.hpp"
#include "registry/housekeeping.hpp"
#include "registry/requests.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

using namespace latchkey;
using test::Database;
using test::Login;

namespace {

/// Every relation of the schema on which the login may do anything at all, with what it may do.
std::string relations_of(Database& database, Login login) {
  return database.shown(
      "SELECT relname, string_agg(p, ',' ORDER BY p) FROM pg_class, "
      "unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,"
      "REFERENCES,TRIGGER}'::text[]) p WHERE relnamespace = 'registry'::regnamespace AND relkind IN ('r', "
      "'p', 'v', 'm') "
      "AND (has_table_privilege(oid, p) OR p IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND "
      "has_any_column_privilege(oid, p)) GROUP BY 1 ORDER BY 1",
      login);
}

std::string functions_of(Database& database, Login login) {
  return database.shown(
      "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'registry'::regnamespace AND "
      "has_function_privilege(oid, 'EXECUTE') ORDER BY 1",
      login);
}

void check_denied(Database& database, Login login, const std::string& sql) {
  INFO(sql);
  CHECK(database.refusal(sql, login).state == "42501");
}

std::vector<std::string> tables_of(Database& database) {
  std::vector<std::string> tables;
  for (const auto& row : database.run("SELECT relname FROM pg_class WHERE relnamespace = "
                                      "'registry'::regnamespace AND relkind IN ('r', 'p') AND relname NOT IN "
                                      "('schema_migrations', 'schema_code', 'enrollment_import')"))
    tables.emplace_back(row[0].c_str());
  return tables;
}

}  // namespace

TEST_CASE("the service's login may do nothing but execute its functions", "[rights]") {
  Database database;
  CHECK(relations_of(database, Login::service) == "schema_code|SELECT\nschema_migrations|SELECT");
  CHECK(functions_of(database, Login::service) ==
        "access_looked_up\nbroker_applied\nclaim_configs\nclaim_cuts\nclaim_nudges\ncommit_configs\ncommit_"
        "requests\n"
        "commit_statuses\ncount_default_rows\ncount_devices\ncount_separators\nhas_attempt\n"
        "load_access_changes\nload_broker_access\nload_broker_access_2\nload_gate_access\nload_"
        "requests\nload_requests_"
        "2\nload_revoked\n"
        "load_revoked_2\nload_statuses\nload_statuses_2\nlock_holders\nmaintain\nmake_partitions\nmark_"
        "sent\nmark_sent_2\n"
        "note_links\nnote_rights\nnote_roots\nnote_undelivered\npage_clones\npage_credentials\npage_"
        "device\npage_device_2\n"
        "page_devices\npage_expiring\npage_funnel\npage_history\npage_online\npage_pending\npage_rejections\n"
        "page_replicas\npage_stuck\npage_todo\nprove_commit\n"
        "revocation_stamp\nrights_told\nsessions_ended\nsummarize\nwalk_config_change");
}

// Which views and functions these are is the contract (contract_test.cpp).
TEST_CASE("operators and readers may read views and the list of migrations, and that is all", "[rights]") {
  Database database;
  for (const Login login : {Login::ops, Login::reader}) {
    // What operators import stands in a table for the length of a transaction.
    const std::string import = login == Login::ops ? "OR relname = 'enrollment_import'" : "";
    const std::string views = database.shown(
        "SELECT relname || CASE relname WHEN 'enrollment_import' THEN '|INSERT' ELSE '|SELECT' END FROM "
        "pg_class WHERE relnamespace = 'registry'::regnamespace "
        "AND (relkind = 'v' AND relname NOT IN ('device_state', 'mqtt_user', 'mqtt_acl') OR relname "
        "IN ('schema_migrations', 'schema_code') " +
        import +
        ") ORDER BY "
        "relname");
    CHECK(relations_of(database, login) == views);
  }
}

TEST_CASE("a broker that looks logins up reads those two views, and that is all", "[rights]") {
  Database database;
  CHECK(database.shown(
            "SELECT relname FROM pg_class WHERE relnamespace = 'registry'::regnamespace AND relkind IN "
            "('r', 'p', 'v') AND has_table_privilege('latchkey_broker', oid, 'SELECT') ORDER BY 1") ==
        "mqtt_acl\nmqtt_user");
  CHECK(database.shown("SELECT proname FROM pg_proc WHERE pronamespace = 'registry'::regnamespace AND "
                       "has_function_privilege('latchkey_broker', oid, 'EXECUTE')") == "is_live");
}

TEST_CASE("readers may call what their views call on each row, and that is all", "[rights]") {
  Database database;
  CHECK(functions_of(database, Login::reader) ==
        "counts_live\nfunnel\nis_live\nneeds_retired_key\npresence_trusted_since\nseconds");
}

TEST_CASE("no table can be read or changed by service, operators or readers", "[rights]") {
  Database database;
  const auto tables = tables_of(database);
  CHECK(tables.size() > 15);
  for (const Login login : {Login::service, Login::ops, Login::reader}) {
    for (const std::string& table : tables) {
      check_denied(database, login, "SELECT FROM registry." + table);
      check_denied(database, login, "INSERT INTO registry." + table + " DEFAULT VALUES");
      check_denied(database, login, "DELETE FROM registry." + table);
      check_denied(database, login, "TRUNCATE registry." + table);
    }
    check_denied(database, login, "SELECT material FROM registry.enrollment");
    check_denied(database, login, "UPDATE registry.device SET state = 'ready'");
    check_denied(database, login, "DELETE FROM registry.schema_migrations");
  }
}

TEST_CASE("nobody but the owner can alter the schema", "[rights]") {
  Database database;
  for (const Login login : {Login::service, Login::ops, Login::reader}) {
    check_denied(database, login, "CREATE TABLE registry.mine (a int)");
    check_denied(database, login, "CREATE FUNCTION registry.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    check_denied(database, login, "ALTER TABLE registry.device ADD COLUMN mine int");
    check_denied(database, login, "DROP TABLE registry.event");
    check_denied(database, login, "ALTER TABLE registry.event DISABLE TRIGGER ALL");
    check_denied(database, login,
                 "CREATE OR REPLACE FUNCTION registry.maintain() RETURNS void LANGUAGE sql AS ''");
    check_denied(database, login, "DROP SCHEMA registry CASCADE");
    check_denied(database, login, "SET ROLE latchkey_owner");
    check_denied(database, login, "CREATE SCHEMA mine");
  }
}

TEST_CASE("a role does not get at the functions of another", "[rights]") {
  Database database;
  check_denied(database, Login::service, "SELECT registry.revoke('12345', 'why')");
  check_denied(database, Login::service,
               "SELECT registry.enroll_device('12345', 'symmetric_key', '\\x01' || sha512('\\x00'))");
  check_denied(database, Login::service, "SELECT registry.act('12345', '{ready}', 'off', 'why', 'hint')");
  check_denied(database, Login::ops, "SELECT registry.load_requests('[]')");
  check_denied(database, Login::ops, "SELECT registry.commit_requests('[]')");
  check_denied(database, Login::ops, "SELECT registry.ensure_partition('event', '2030-01-01')");
  check_denied(database, Login::reader, "SELECT registry.suspend('12345', 'why')");
  check_denied(database, Login::reader, "SELECT registry.maintain()");
  check_denied(database, Login::reader, "SELECT registry.create_token('kits', 1, '1 day')");
  check_denied(database, Login::reader, "SELECT registry.forget('12345', 'why')");
  check_denied(database, Login::service, "SELECT registry.decommission('12345', 'why')");
  check_denied(database, Login::service, "SELECT registry.enroll_devices('[]')");
  check_denied(database, Login::ops, "SELECT registry.summarize()");
  check_denied(database, Login::ops, "SELECT registry.drop_old_partition()");
  check_denied(database, Login::ops, "SELECT registry.random_token()");
}

TEST_CASE("whoever acts on devices cannot end history, and whoever keeps it cannot act on devices",
          "[rights]") {
  Database database;
  const auto of = [&](const std::string& role, const std::string& but) {
    return database.shown(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'registry'::regnamespace AND "
        "has_function_privilege('" +
        role +
        "', oid, 'EXECUTE') AND NOT "
        "has_function_privilege('" +
        but + "', oid, 'EXECUTE') ORDER BY 1");
  };
  CHECK(of("latchkey_admin", "latchkey_reader") == "maintain\nmake_partitions\nrestored\nset_retention");
  CHECK(of("latchkey_admin", "latchkey_ops") == "maintain\nmake_partitions\nrestored\nset_retention");
}

TEST_CASE("no login can hold a lock that stops maintenance", "[rights]") {
  Database database;
  const auto reader = database.connect(Login::reader);
  pqxx::work holding(*reader);
  holding.exec(
      "SELECT pg_advisory_xact_lock(hashtext('latchkey ' || work)) FROM "
      "unnest('{maintain,partitions,summarize}'::text[]) work");
  for (const Login login : {Login::service, Login::ops, Login::reader})
    check_denied(database, login, "SELECT FROM registry.turn FOR UPDATE");
  CHECK(database.refusal("SELECT registry.maintain(), registry.summarize()", Login::service).message.empty());
  CHECK(database.refusal("SELECT registry.ensure_partition('event', '2040-01-01')", Login::owner)
            .message.empty());
}

TEST_CASE("every function that runs as its owner has a search_path of its own", "[rights]") {
  Database database;
  CHECK(database
            .shown("SELECT proname FROM pg_proc WHERE pronamespace = 'registry'::regnamespace AND prosecdef "
                   "AND NOT "
                   "EXISTS (SELECT FROM unnest(proconfig) c WHERE c = 'search_path=registry, pg_temp')")
            .empty());
}

TEST_CASE("objects of a caller's own do not come before the registry's", "[rights]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  const auto connection = database.connect(Login::ops);
  pqxx::nontransaction session(*connection);
  session.exec("CREATE TEMP TABLE device (LIKE registry.devices)");
  session.exec("SET search_path = pg_temp, registry");
  session.exec("SELECT registry.suspend('12345', 'lost')");
  CHECK(database.shown("SELECT state FROM registry.device") == "suspended");
}

TEST_CASE("nobody changes the past of the ledger and the audit trail, not even in a partition", "[rights]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  for (const std::string parent : {"attempt", "event"}) {
    const std::string partition = database.shown("SELECT tableoid::regclass FROM registry." + parent);
    const std::string owned = partition.starts_with("registry.") ? partition : "registry." + partition;
    for (const std::string& table : {"registry." + parent, owned}) {
      for (const Login login : {Login::owner, Login::superuser}) {
        check_denied(database, login, "UPDATE " + table + " SET reason = 'changed'");
        check_denied(database, login, "DELETE FROM " + table);
        check_denied(database, login, "TRUNCATE " + table);
      }
      check_denied(database, Login::service, "UPDATE " + table + " SET reason = 'changed'");
      check_denied(database, Login::ops, "DELETE FROM " + table);
    }
    CHECK(database.shown("SELECT count(*) FROM registry." + parent) == "1");
  }
}

TEST_CASE("a change of a device is an event, whoever makes it", "[rights]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"a", "b"});
  database.run("UPDATE registry.device SET state = 'revoked'", Login::owner);
  database.run("UPDATE registry.device SET attributes = '{\"a\": 1}'", Login::owner);
  CHECK(database.shown(
            "SELECT device_id, action, old_state, new_state, actor FROM registry.events ORDER BY at, 1") ==
        "a|state|off|registered|test_service\nb|state|off|registered|test_service\n"
        "a|state|registered|revoked|test_owner\nb|state|registered|revoked|test_owner");
}
