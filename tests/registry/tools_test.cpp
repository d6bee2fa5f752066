#include "registry/tools.hpp"

#include "database.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

using namespace latchkey;
using test::Database;
using test::Login;

namespace {

registry::ExplainedFacts explained(Database& database, const std::string& device,
                                   const std::optional<std::string>& group = {}) {
  auto known = registry::load_explained(database.options(Login::ops), test::id_of(device), group);
  REQUIRE(known);
  return *std::move(known);
}

}  // namespace

TEST_CASE("an operator is told what would decide, and no material", "[tools]") {
  Database database;
  database.run("SELECT registry.enroll_group('meters', 'token', sha256('a token'), 1)", Login::ops);
  const auto known = explained(database, "12345", "meters");
  REQUIRE(known.facts.enrolment);
  CHECK(known.facts.enrolment->name() == "group:meters");
  CHECK(known.facts.enrolment->material.empty());
  CHECK_FALSE(known.facts.device);
  REQUIRE(known.quota);
  CHECK(known.quota->max == 1);
  CHECK(known.quota->used == 0);
  CHECK_FALSE(known.quota->is_counted);
}

TEST_CASE("of a registered device the group that registered it is asked", "[tools]") {
  Database database;
  database.run("SELECT registry.enroll_group('meters', 'token', sha256('a token'), 1)", Login::ops);
  auto registry = database.registry();
  auto row = test::accepted({.device = "12345", .group = "meters", .quota = "group:meters"});
  row.registration->enrolled_by = "group:meters";
  REQUIRE(test::commit_one(registry, row) == registry::Outcome::won);
  const auto known = explained(database, "12345");
  REQUIRE(known.facts.enrolment);
  CHECK(known.facts.device->state == registry::DeviceState::registered);
  REQUIRE(known.quota);
  CHECK(known.quota->is_counted);
  const auto other = explained(database, "12346", "meters");
  REQUIRE(other.quota);
  CHECK(other.quota->used == 1);
  CHECK_FALSE(other.quota->is_counted);
}

TEST_CASE("of a device that nobody knows there is nothing to tell", "[tools]") {
  Database database;
  const auto known = explained(database, "12345");
  CHECK_FALSE(known.facts.enrolment);
  CHECK_FALSE(known.quota);
  CHECK_FALSE(explained(database, "12345", "no such group").facts.enrolment);
}

TEST_CASE("who may not ask is told so", "[tools]") {
  const Database database;
  const auto refused =
      registry::load_explained(database.options(Login::reader), test::id_of("12345"), std::nullopt);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == registry::AdminError::Kind::permission);
}
