#pragma once

#include "crypto/mac.hpp"
#include "database.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

namespace latchkey::test {

/// A registry that operators act on, and what the service makes of devices with tokens then.
struct Operated {
  std::string act(const std::string& call) {
    return database.refusal("SELECT registry." + call, Login::ops).message;
  }
  std::string shown(const std::string& sql) { return database.shown(sql, Login::ops); }
  void check_refused(const Wrong& wrong) { test::check_refused(database, wrong); }
  std::string token(const std::string& arguments) {
    return shown("SELECT registry.create_token(" + arguments + ")");
  }
  /// What the service is told of the holder of this token.
  registry::RequestFacts facts_of(const std::string& token, const std::string& device) {
    auto key = key_of(device);
    key.token_hash = crypto::sha256(crypto::as_bytes(token));
    return load_one(registry, key);
  }
  /// Registers with the token, as the service would.
  registry::Outcome join(const std::string& token, const std::string& device,
                         std::string_view request = "first") {
    const auto facts = facts_of(token, device);
    REQUIRE(facts.enrolment);
    std::optional<std::int64_t> expected;
    if (facts.device) expected = facts.device->generation;
    return commit_one(registry, accepted({.device = device,
                                          .request = request,
                                          .expected = expected,
                                          .group = facts.enrolment->group,
                                          .quota = facts.enrolment->policy.quota}));
  }

  Database database;
  registry::Registry registry = database.registry();
};

}  // namespace latchkey::test
