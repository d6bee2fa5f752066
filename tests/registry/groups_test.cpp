#include "operated.hpp"
#include "registry/requests.hpp"

using namespace latchkey;
using registry::Outcome;
using test::Login;
using test::Operated;
using test::Wrong;

TEST_CASE_METHOD(Operated, "a token lets in as many devices as it has uses, and is kept nowhere",
                 "[operations]") {
  CHECK(act("enroll_group('kits', 'token', NULL)").empty());
  const std::string made = token("'kits', 2, '7 days'");
  CHECK(made.size() == 43);
  CHECK(made != token("'kits', 2, '7 days'"));
  CHECK(join(made, "a") == Outcome::won);
  CHECK(join(made, "b") == Outcome::won);
  CHECK(join(made, "c") == Outcome::quota_exceeded);
  CHECK(shown("SELECT group_name, used, uses, valid_until > now() + interval '6 days' FROM registry.tokens "
              "ORDER BY "
              "used DESC") == "kits|2|2|t\nkits|0|2|t");
  CHECK(shown("SELECT group_name, state, devices FROM registry.fleet") == "kits|registered|2");
  const std::string everything = database.shown(
      "SELECT (SELECT json_agg(t) FROM registry.token t)::text || (SELECT json_agg(e) FROM registry.event "
      "e)::text || "
      "(SELECT json_agg(q) FROM registry.quota q)::text || (SELECT json_agg(g) FROM "
      "registry.enrollment_group g)::text");
  CHECK(everything.find(made) == std::string::npos);
}

TEST_CASE_METHOD(Operated, "uses of a token count for its group too", "[operations]") {
  CHECK(act("enroll_group('kits', 'token', NULL, max_devices => 3)").empty());
  const std::string one = token("'kits', 2, '7 days'");
  const std::string other = token("'kits', 5, '7 days'");
  const std::string any = token("'kits', NULL, '7 days'");
  CHECK(join(one, "a") == Outcome::won);
  CHECK(join(other, "b") == Outcome::won);
  CHECK(join(any, "c") == Outcome::won);
  CHECK(join(one, "d") == Outcome::quota_exceeded);
  CHECK(join(any, "d") == Outcome::quota_exceeded);
  CHECK(shown("SELECT devices_counted, max_devices FROM registry.groups") == "3|3");
  // A place in the group is free again; the use of the token is spent.
  CHECK(act("decommission('a', 'sold')").empty());
  CHECK(shown("SELECT devices_counted FROM registry.groups") == "2");
  CHECK(join(one, "d") == Outcome::won);
  CHECK(act("decommission('d', 'sold')").empty());
  CHECK(join(one, "e") == Outcome::quota_exceeded);
  CHECK(shown("SELECT sum(used) FROM registry.tokens") == "3");
}

TEST_CASE_METHOD(Operated, "a device that comes back by another token of its group takes no second place",
                 "[operations]") {
  CHECK(act("enroll_group('kits', 'token', NULL, max_devices => 1)").empty());
  const std::string counted = token("'kits', 5, '1 day'");
  const std::string any = token("'kits', NULL, '1 day'");
  CHECK(join(counted, "a") == Outcome::won);
  for (const std::string* made : {&any, &counted, &any}) {
    CHECK(act("reset('a', 'anew')").empty());
    CHECK(join(*made, "a", *made + shown("SELECT generation FROM registry.devices")) == Outcome::won);
    CHECK(shown("SELECT devices_counted FROM registry.groups") == "1");
  }
  CHECK(shown("SELECT used FROM registry.tokens WHERE uses = 5") == "2");
}

TEST_CASE_METHOD(Operated, "in one batch neither a token nor its group lets in more than it may",
                 "[operations]") {
  CHECK(act("enroll_group('kits', 'token', NULL, max_devices => 3)").empty());
  const std::array tokens = {token("'kits', 2, '1 day'"), token("'kits', 9, '1 day'")};
  std::vector<registry::DecidedRequest> rows;
  for (std::size_t n = 0; n < 8; ++n) {
    const std::string device = "d-" + std::to_string(n);
    rows.push_back(test::accepted({.device = device,
                                   .group = "kits",
                                   .quota = facts_of(tokens[n / 4], device).enrolment->policy.quota}));
  }
  const auto outcomes = commit_requests(registry, rows);
  REQUIRE(outcomes);
  CHECK(*outcomes == std::vector{Outcome::won, Outcome::won, Outcome::quota_exceeded, Outcome::quota_exceeded,
                                 Outcome::won, Outcome::quota_exceeded, Outcome::quota_exceeded,
                                 Outcome::quota_exceeded});
  CHECK(database.shown("SELECT used FROM registry.quota WHERE name = 'group:kits'") == "3");
}

TEST_CASE_METHOD(Operated, "a token ends by its time and by an operator, and newcomers only are refused",
                 "[operations]") {
  CHECK(act("enroll_group('kits', 'token', NULL)").empty());
  const std::string made = token("'kits', 5, '1 hour'");
  CHECK(facts_of(made, "a").enrolment->policy.in_window);
  database.run("UPDATE registry.token SET valid_until = now() - interval '1 second'");
  CHECK_FALSE(facts_of(made, "a").enrolment->policy.in_window);
  CHECK(act("end_token((SELECT token_id FROM registry.tokens), 'lost')").empty());
  CHECK_FALSE(facts_of(made, "a").enrolment);
  check_refused({"end_token('0123456789abcdef', 'lost')", "P0002", "no token"});
}

TEST_CASE_METHOD(Operated, "a token proves nothing for a device on the list of another group",
                 "[operations]") {
  for (const std::string group : {"ours", "theirs"})
    CHECK(act("enroll_group('" + group + "', 'token', NULL, admission => 'allow_list')").empty());
  const std::string ours = token("'ours', 5, '1 hour'");
  const std::string theirs = token("'theirs', 5, '1 hour'");
  CHECK(act("enroll_device('a', 'group', NULL, 'ours')").empty());
  const auto hash_of = [](const std::string& text) {
    const auto hash = crypto::sha256(crypto::as_bytes(text));
    return crypto::Bytes(hash.begin(), hash.end());
  };
  CHECK(facts_of(ours, "a").enrolment->material == hash_of(ours));
  const auto facts = facts_of(theirs, "a");
  REQUIRE(facts.enrolment);
  CHECK(facts.enrolment->material != hash_of(theirs));
  CHECK(facts.enrolment->policy.quota == std::nullopt);
}

TEST_CASE_METHOD(Operated, "a group's policy changes where it is named, and only there", "[operations]") {
  CHECK(act("enroll_group('g', 'symmetric_key', '\\x01' || sha512('\\x01'), max_devices => 1, "
            "device_id_pattern => 'a', "
            "valid_until => "
            "'2020-01-01', lifetime_s => 3600)")
            .empty());
  CHECK(
      act(R"(set_group_policy('g', '{"valid_until": null, "max_devices": 5, "credential_types": ["password"]}', 'grown'))")
          .empty());
  constexpr const char* policy =
      "SELECT admission, device_id_pattern, valid_until, lifetime_s, credential_types, max_devices FROM "
      "registry.groups";
  CHECK(shown(policy) == "automatic|a|-|3600|{password}|5");
  CHECK(
      act(R"(set_group_policy('g', '{"admission": "approval", "device_id_pattern": null, "lifetime_s": null,)"
          R"( "sealing": "always", "token_attributes": "trusted", "valid_from": "2026-01-01T00:00:00Z"}', 'later'))")
          .empty());
  CHECK(shown(policy) == "approval|-|-|7776000|{password}|5");
  CHECK(shown("SELECT sealing, token_attributes, valid_from = '2026-01-01T00:00:00Z' FROM registry.groups") ==
        "always|trusted|t");
  CHECK(act("set_group_policy('g', '{}', 'why')").empty());
  CHECK(shown("SELECT count(*), min(reason) FROM registry.events WHERE action = 'set_group_policy'") ==
        R"(3|grown: {"max_devices": 5, "valid_until": null, "credential_types": ["password"]})");
}

TEST_CASE_METHOD(Operated, "a group's newcomers go on while an operator has it open in a transaction",
                 "[operations]") {
  CHECK(act("enroll_group('g', 'symmetric_key', '\\x01' || sha512('\\x01'))").empty());
  const auto connection = database.connect(Login::ops);
  pqxx::work open(*connection);
  open.exec(
      "SELECT registry.set_group_policy('g', '{\"lifetime_s\": 3600}', 'why'), registry.roll_group_key('g', "
      "'\\x01' || sha512('\\x02'))");
  CHECK(test::commit_one(registry, test::accepted({.device = "a", .group = "g"})) == Outcome::won);
}

TEST_CASE_METHOD(Operated, "a policy that no group can have is refused, and the group stays as it was",
                 "[operations]") {
  CHECK(act("enroll_group('kits', 'token', NULL, max_devices => 2)").empty());
  CHECK(act("enroll_group('open', 'token', NULL)").empty());
  const std::string made = token("'kits', NULL, '1 day'");
  CHECK(join(made, "a") == Outcome::won);
  CHECK(join(made, "b") == Outcome::won);
  const std::vector<Wrong> wrongs = {
      {"set_group_policy('kits', NULL, 'why')", "22023", "JSON object"},
      {"set_group_policy('kits', '[]', 'why')", "22023", "JSON object"},
      {R"(set_group_policy('kits', '{"max_device": 1, "proof": "x509"}', 'why'))", "22023",
       "no member proof, max_device"},
      {"set_group_policy('nowhere', '{}', 'why')", "P0002", "no group nowhere"},
      {R"(set_group_policy('kits', '{"lifetime_s": "long"}', 'why'))", "22023", "long"},
      {R"(set_group_policy('kits', '{"lifetime_s": 59}', 'why'))", "22023", "out of bounds"},
      {R"(set_group_policy('kits', '{"credential_types": []}', 'why'))", "22023", "credential types"},
      {R"(set_group_policy('kits', '{"admission": "all"}', 'why'))", "22023", "admission"},
      {R"(set_group_policy('kits', '{"sealing": "sometimes"}', 'why'))", "22023", "not a value of sealing"},
      {R"(set_group_policy('kits', '{"token_attributes": "proved"}', 'why'))", "22023",
       "not a value of token_attributes"},
      {R"(set_group_policy('kits', '{"seal_config": true}', 'why'))", "22023", "no member seal_config"},
      {R"(set_group_policy('kits', '{"device_id_pattern": "("}', 'why'))", "22023", "regular expression"},
      {R"(set_group_policy('kits', '{"valid_from": "2026-01-02", "valid_until": "2026-01-01"}', 'why'))",
       "22023", "not after"},
      {R"(set_group_policy('kits', '{"max_devices": null}', 'why'))", "22023", "cannot be null"},
      {R"(set_group_policy('kits', '{"max_devices": 2.5}', 'why'))", "22023", "cannot be 2.5"},
      {R"(set_group_policy('kits', '{"max_devices": -1}', 'why'))", "22023", "cannot be -1"},
      {R"(set_group_policy('kits', '{"max_devices": 1, "sealing": "always"}', 'why'))", "55000",
       "more devices than 1"},
      {R"(set_group_policy('open', '{"max_devices": 1}', 'why'))", "55000", "does not count"},
  };
  for (const Wrong& wrong : wrongs)
    check_refused(wrong);
  CHECK(shown("SELECT max_devices, sealing FROM registry.groups WHERE name = 'kits'") == "2|possible");
  CHECK(act(R"(set_group_policy('kits', '{"max_devices": 3}', 'why'))").empty());
  CHECK(join(made, "c") == Outcome::won);
}
