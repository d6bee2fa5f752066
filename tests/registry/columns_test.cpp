#include "registry/columns.hpp"

#include "database.hpp"
#include "support/catch.hpp"

#include <set>

using namespace latchkey;
using registry::Call;
using registry::Column;
using test::Database;

namespace {

using Columns = std::set<std::string>;

Columns listed(std::span<const Column> columns) {
  Columns all;
  for (const Column& column : columns)
    all.insert(std::string(column.name) + " " + std::string(column.type));
  return all;
}

Columns found(Database& database, const std::string& sql) {
  Columns all;
  for (const auto& row : database.run(sql))
    all.insert(row[0].c_str());
  return all;
}

Columns attributes_of(Database& database, const std::string& relation) {
  return found(database,
               "SELECT attname || ' ' || format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = " +
                   relation + " AND attnum > 0 AND NOT attisdropped");
}

/// What a function returns: columns of its own, or the rows of a type.
Columns given_by(Database& database, const std::string& function) {
  Columns own =
      found(database,
            "SELECT name || ' ' || format_type(type, NULL) FROM pg_proc, "
            "unnest(proargnames, proallargtypes, proargmodes) AS a(name, type, mode) WHERE pronamespace = "
            "'registry'::regnamespace AND proname = '" +
                function + "' AND mode = 't'");
  if (!own.empty()) return own;
  return attributes_of(
      database,
      "(SELECT typrelid FROM pg_proc JOIN pg_type t ON t.oid = prorettype WHERE pronamespace = "
      "'registry'::regnamespace AND proname = '" +
          function + "')");
}

}  // namespace

TEST_CASE("C++ and SQL have the same columns of each call, by name and type", "[columns]") {
  Database database;
  CHECK(registry::calls().size() > 20);
  for (const Call& call : registry::calls()) {
    INFO(call.function);
    CHECK(given_by(database, std::string(call.function)) == listed(call.gives));
    if (call.row_type.empty()) continue;
    CHECK(attributes_of(database, "'registry." + std::string(call.row_type) + "'::regclass") ==
          listed(call.takes));
  }
}

// Beside what the version before calls, which says so.
TEST_CASE("the calls are what the service's login may execute", "[columns]") {
  Database database;
  Columns names;
  for (const Call& call : registry::calls())
    names.insert(std::string(call.function));
  CHECK(found(database,
              "SELECT proname FROM pg_proc WHERE pronamespace = 'registry'::regnamespace AND "
              "has_function_privilege('latchkey_service', oid, 'EXECUTE') AND "
              "obj_description(oid) NOT LIKE 'Service of the version before%'") == names);
}
