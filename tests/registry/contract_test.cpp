#include "database.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <sstream>

using namespace latchkey;
using test::Database;
using test::Login;

namespace {

/// What operators' scripts stand on: a line for each column of a view and each function, for whoever may use
/// it.
constexpr const char* contract = R"(
SELECT line FROM (
  SELECT relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) AS line, 1 AS part, relname::text AS name, attnum::int AS place
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE relnamespace = 'registry'::regnamespace AND relkind = 'v' AND attnum > 0 AND has_table_privilege('latchkey_reader', c.oid, 'SELECT')
  UNION ALL
  SELECT proname || '(' || pg_get_function_arguments(oid) || ') ' || pg_get_function_result(oid), 2, proname::text, 0
  FROM pg_proc WHERE pronamespace = 'registry'::regnamespace AND (has_function_privilege('latchkey_ops', oid, 'EXECUTE')
      OR has_function_privilege('latchkey_admin', oid, 'EXECUTE'))
    AND NOT has_function_privilege('latchkey_reader', oid, 'EXECUTE')) x
ORDER BY part, name COLLATE "C", place
)";

std::string committed() {
  const std::ifstream file(LATCHKEY_CONTRACT);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

// Columns are added at the end of a view, arguments with a default at the end of a function; what is there
// stays as it is. Whoever changes contract.txt in any other way makes a new major version.
TEST_CASE("the views and functions are those of the committed contract", "[contract]") {
  Database database;
  CHECK(database.shown(contract) + "\n" == committed());
}

TEST_CASE("whoever reads may read every view of the contract, and each answers", "[contract]") {
  Database database;
  const auto views = database.run(
      "SELECT relname FROM pg_class WHERE relnamespace = 'registry'::regnamespace AND relkind = 'v' AND "
      "has_table_privilege('latchkey_reader', oid, 'SELECT')");
  CHECK(views.size() > 10);
  for (const auto& view : views) {
    const std::string name = view[0].c_str();
    INFO(name);
    for (const Login login : {Login::ops, Login::reader})
      CHECK(database.refusal("SELECT * FROM registry." + name + " LIMIT 100", login).state.empty());
    CHECK(database.refusal("SELECT * FROM registry." + name, Login::service).state == "42501");
  }
}

// A broker that looks logins up needs the salt: latchkey_broker alone may read that view.
TEST_CASE("no view shows a key, a salt, a digest of a token or a configuration", "[contract]") {
  Database database;
  CHECK(database
            .shown(
                "SELECT c.relname, attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
                "WHERE relnamespace = "
                "'registry'::regnamespace AND relkind = 'v' AND relname <> 'mqtt_user' AND attnum > 0 AND "
                "(atttypid = "
                "'bytea'::regtype OR "
                "attname IN "
                "('material', 'secondary_material', 'salt', 'hash', 'config', 'encryption_key', 'password'))")
            .empty());
}
