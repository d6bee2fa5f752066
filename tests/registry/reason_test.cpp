#include "registry/reason.hpp"

#include "database.hpp"
#include "registry/migration.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <regex>
#include <set>

using namespace latchkey;
using registry::Reason;
using registry::reason_rows;
using registry::ReasonRow;
using test::Database;
using test::Login;

namespace {

std::string with_names(std::string text) {
  text = std::regex_replace(text, std::regex(R"(\{id\})"), "12345");
  return std::regex_replace(text, std::regex(R"(\{group\})"), "meters");
}

std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
  return {std::sregex_iterator(text.begin(), text.end(), pattern), {}};
}

const std::regex of_the_registry(R"(registry\.(\w+)(\([^)]*\))?)");

/// A function or a view that an operator has.
bool is_there(Database& database, const std::string& name) {
  return database.shown("SELECT to_regclass('registry." + name +
                        "') IS NOT NULL AND has_table_privilege('latchkey_reader', "
                        "to_regclass('registry." +
                        name +
                        "'), 'SELECT') OR EXISTS (SELECT FROM pg_proc WHERE "
                        "pronamespace = 'registry'::regnamespace AND proname = '" +
                        name + "' AND has_function_privilege('latchkey_ops', oid, 'EXECUTE'))") == "t";
}

}  // namespace

TEST_CASE("each reason has an id of its own, a text, and advice that names a command or something in SQL",
          "[reasons]") {
  std::set<std::string_view> ids;
  std::set<std::string_view> texts;
  for (const ReasonRow& row : reason_rows()) {
    INFO(row.id);
    CHECK(std::regex_match(std::string(row.id), std::regex("[a-z][a-z0-9_]*")));
    CHECK(ids.insert(row.id).second);
    CHECK(texts.insert(row.text).second);
    const std::string advice(row.advice);
    CHECK(std::regex_search(advice, std::regex(R"(registry\.\w|latchkey [a-z])")));
    CHECK(advice.ends_with('.'));
  }
}

TEST_CASE("what advice calls or reads in SQL is there for an operator, with these arguments", "[reasons]") {
  Database database;
  for (const ReasonRow& row : reason_rows()) {
    INFO(row.id);
    const std::string advice = with_names(std::string(row.advice));
    for (const std::smatch& found : matches(advice, of_the_registry)) {
      INFO(found.str());
      if (found[2].matched)
        CHECK(database.refusal("EXPLAIN SELECT " + found.str(), Login::ops).message.empty());
      else
        CHECK(is_there(database, found[1].str()));
    }
  }
}

TEST_CASE("migrating makes the registry's catalogue that of the program", "[reasons]") {
  Database database;
  const auto in_the_registry = [&] {
    return database.shown("SELECT id, text, advice FROM registry.reasons ORDER BY id", Login::reader);
  };
  std::vector<std::string> rows;
  for (const ReasonRow& row : reason_rows())
    rows.push_back(std::string(row.id) + "|" + std::string(row.text) + "|" + std::string(row.advice));
  std::ranges::sort(rows);
  std::string all;
  for (const std::string& row : rows)
    all += (all.empty() ? "" : "\n") + row;
  CHECK(in_the_registry() == all);
  database.run(
      "UPDATE registry.reason SET text = 'of another version' WHERE id = 'wrong_key';"
      "INSERT INTO registry.reason VALUES ('given_up', 'a text', 'advice');"
      "DELETE FROM registry.reason WHERE id = 'wrong_token'");
  REQUIRE(registry::migrate(database.options(Login::owner)));
  CHECK(in_the_registry() == all);
}

TEST_CASE("a reason that another version wrote in words is shown as it is", "[reasons]") {
  Database database;
  auto registry = database.registry();
  test::commit_one(registry, test::rejected("a", {Reason::registered_by_another_enrolment, "group:meters"}));
  database.run(
      "INSERT INTO registry.attempt (tracking_id, device_id, received_at, decision, code, reason, "
      "latency_us) "
      "VALUES (gen_random_uuid(), 'b', now(), 'rejected', 'unauthorized', 'in words', 1)");
  CHECK(database.shown("SELECT device_id, reason, reason_id FROM registry.attempts ORDER BY 1",
                       Login::reader) ==
        "a|registered by another enrolment: group:meters|registered_by_another_enrolment\nb|in words|-");
  CHECK(
      database.shown("SELECT reason, advice, reason_id FROM registry.recent_rejections WHERE device_id = 'b'",
                     Login::reader) == "in words|-|-");
}
