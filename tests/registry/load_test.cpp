#include "crypto/mac.hpp"
#include "database.hpp"
#include "registry/requests.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

using namespace latchkey;
using registry::DeviceEnrolment;
using registry::GroupEnrolment;
using registry::Origin;
using registry::ProofKind;
using registry::RequestKey;
using test::Database;
using test::Login;

namespace {

crypto::Bytes sealed(std::uint8_t with) {
  crypto::Bytes key(40, with);
  key.front() = 1;
  return key;
}

const crypto::Bytes sealed_key = sealed(0x5a);
const crypto::Bytes other_key = sealed(0x5b);

GroupEnrolment group(const std::string& name) {
  GroupEnrolment group;
  group.name = name;
  group.proof = "symmetric_key";
  group.material = sealed_key;
  group.token_attributes = "trusted";
  return group;
}

DeviceEnrolment device(const std::string& id, std::optional<std::string> of_group = {}) {
  return {id, std::move(of_group), "symmetric_key", other_key, {}};
}

template <class Enrolment>
void enroll(const Database& database, const Enrolment& enrolment) {
  const auto done = registry::enroll(database.options(Login::ops), enrolment);
  INFO((done ? "" : done.error().what));
  REQUIRE(done);
}

RequestKey by_group(const std::string& id, const std::string& name) {
  RequestKey key = test::key_of(id);
  key.group = name;
  return key;
}

}  // namespace

TEST_CASE("of an unknown id nothing is known", "[load]") {
  Database database;
  auto registry = database.registry();
  const auto facts = test::load_one(registry, test::key_of("nobody"));
  CHECK_FALSE(facts.enrolment);
  CHECK_FALSE(facts.device);
  CHECK_FALSE(facts.same_request);
  CHECK_FALSE(facts.newest);
  const auto status = test::load_status(registry, "nobody", 1);
  CHECK_FALSE(status.device);
  CHECK_FALSE(status.credential);
  CHECK(status.session.empty());
}

TEST_CASE("a group's enrolment is found by the name that the proof gives", "[load]") {
  Database database;
  enroll(database, group("meters"));
  auto registry = database.registry();
  const auto facts = test::load_one(registry, by_group("12345", "meters"));
  REQUIRE(facts.enrolment);
  CHECK(facts.enrolment->origin == Origin::group);
  CHECK(facts.enrolment->name() == "group:meters");
  CHECK(facts.enrolment->proof == ProofKind::symmetric_key);
  CHECK(facts.enrolment->material == sealed_key);
  CHECK(facts.enrolment->enabled);
  CHECK(facts.enrolment->policy.in_window);
  CHECK(facts.enrolment->policy.id_matches);
  CHECK(facts.enrolment->policy.may_reprovision);
  CHECK(facts.enrolment->policy.allows_x509);
  CHECK_FALSE(facts.enrolment->policy.allows_password);
  CHECK(facts.enrolment->policy.lifetime_s == 7776000);
  CHECK(facts.enrolment->policy.unused_life_s == 86400);
  CHECK(facts.enrolment->policy.trusts_token_attributes);
  CHECK_FALSE(facts.enrolment->policy.quota);
  CHECK_FALSE(test::load_one(registry, by_group("12345", "others")).enrolment);
  CHECK_FALSE(test::load_one(registry, by_group("12345", "METERS")).enrolment);
}

TEST_CASE("a service of the version before reads what it knows", "[load]") {
  Database database;
  enroll(database, group("meters"));
  auto registry = database.registry();
  test::commit_one(registry, test::accepted({.device = "12345", .group = "meters"}));
  const std::string key = R"('[{"i": 0, "device_id": "12345", "group_name": "meters"}]')";
  for (const std::string load : {"load_requests", "load_requests_2"}) {
    INFO(load);
    CHECK(database.shown("SELECT i, origin, state, newest_live FROM registry." + load + "(" + key + ")") ==
          "0|group|registered|t");
  }
  for (const std::string page : {"page_device", "page_device_2"}) {
    INFO(page);
    CHECK(database.shown("SELECT state, generation, attributes FROM registry." + page +
                         R"(('{"device_id": "12345"}'))") == "registered|1|{}");
  }
}

TEST_CASE("a device's own enrolment takes precedence over every group", "[load]") {
  Database database;
  enroll(database, group("meters"));
  enroll(database, group("pumps"));
  enroll(database, device("12345", "pumps"));
  auto registry = database.registry();
  const auto facts = test::load_one(registry, by_group("12345", "meters"));
  REQUIRE(facts.enrolment);
  CHECK(facts.enrolment->origin == Origin::device);
  CHECK(facts.enrolment->group == "pumps");
  CHECK(facts.enrolment->name() == "device");
  CHECK(facts.enrolment->material == other_key);
}

TEST_CASE("a disabled enrolment of its own beats an enabled group", "[load]") {
  Database database;
  enroll(database, group("meters"));
  enroll(database, device("12345"));
  database.run("UPDATE registry.enrollment SET status = 'disabled'");
  auto registry = database.registry();
  const auto facts = test::load_one(registry, by_group("12345", "meters"));
  REQUIRE(facts.enrolment);
  CHECK(facts.enrolment->origin == Origin::device);
  CHECK_FALSE(facts.enrolment->enabled);
  CHECK(test::load_one(registry, by_group("12346", "meters")).enrolment->enabled);
}

TEST_CASE("a disabled group is loaded as disabled", "[load]") {
  Database database;
  enroll(database, group("meters"));
  database.run("UPDATE registry.enrollment_group SET status = 'disabled'");
  auto registry = database.registry();
  CHECK_FALSE(test::load_one(registry, by_group("12345", "meters")).enrolment->enabled);
}

TEST_CASE("a group's window is judged by the database's clock", "[load]") {
  Database database;
  enroll(database, group("always"));
  for (const auto* name : {"early", "late", "open"})
    enroll(database, group(name));
  database.run(
      "UPDATE registry.enrollment_group SET valid_from = now() + interval '1 hour' WHERE name = 'early';"
      "UPDATE registry.enrollment_group SET valid_until = now() - interval '1 second' WHERE name = 'late';"
      "UPDATE registry.enrollment_group SET valid_from = now() - interval '1 hour', valid_until = now() + "
      "interval "
      "'1 hour' WHERE name = 'open'");
  auto registry = database.registry();
  const auto in_window = [&](const std::string& name) {
    return test::load_one(registry, by_group("12345", name)).enrolment->policy.in_window;
  };
  CHECK(in_window("always"));
  CHECK_FALSE(in_window("early"));
  CHECK_FALSE(in_window("late"));
  CHECK(in_window("open"));
}

TEST_CASE("window and pattern of its group do not bind a device that is enrolled by itself", "[load]") {
  Database database;
  auto closed = group("closed");
  closed.valid_until = "2020-01-01T00:00:00Z";
  closed.device_id_pattern = "m-.*";
  closed.max_devices = 1;
  enroll(database, closed);
  enroll(database, device("12345", "closed"));
  auto registry = database.registry();
  const auto policy = test::load_one(registry, test::key_of("12345")).enrolment->policy;
  CHECK(policy.in_window);
  CHECK(policy.id_matches);
  CHECK_FALSE(policy.quota);
}

TEST_CASE("a group's pattern has to match the whole id", "[load]") {
  Database database;
  auto patterned = group("meters");
  patterned.device_id_pattern = "m-[0-9]+|pump";
  enroll(database, patterned);
  auto registry = database.registry();
  const auto matches = [&](const std::string& id) {
    return test::load_one(registry, by_group(id, "meters")).enrolment->policy.id_matches;
  };
  CHECK(matches("m-1"));
  CHECK(matches("m-12345"));
  CHECK(matches("pump"));
  CHECK_FALSE(matches("m-"));
  CHECK_FALSE(matches("M-1"));
  CHECK_FALSE(matches("am-1"));
  CHECK_FALSE(matches("m-1a"));
  CHECK_FALSE(matches("pumps"));
  CHECK_FALSE(matches("m-1.pump"));
}

TEST_CASE("a token is found by its hash, in its group alone", "[load]") {
  Database database;
  const auto hash = crypto::sha256(crypto::as_bytes("a token of the shop floor"));
  auto by_token = group("shopfloor");
  by_token.proof = "token";
  by_token.material.assign(hash.begin(), hash.end());
  enroll(database, by_token);
  auto registry = database.registry();
  RequestKey key = test::key_of("12345");
  key.token_hash = hash;
  const auto found = test::load_one(registry, key).enrolment;
  REQUIRE(found);
  CHECK(found->name() == "group:shopfloor");
  CHECK(found->proof == ProofKind::token);
  CHECK(found->material == by_token.material);
  key.token_hash->at(0) ^= 1U;
  CHECK_FALSE(test::load_one(registry, key).enrolment);
}

TEST_CASE("material that is no token is not found by a token's hash", "[load]") {
  Database database;
  const auto hash = crypto::sha256(crypto::as_bytes("x"));
  enroll(database, group("meters"));
  database.run("UPDATE registry.enrollment_group SET material = sha256('x')");
  auto registry = database.registry();
  RequestKey key = test::key_of("12345");
  key.token_hash = hash;
  CHECK_FALSE(test::load_one(registry, key).enrolment);
}

TEST_CASE("a device's config is merged over its group's", "[load]") {
  Database database;
  auto with_config = group("meters");
  with_config.config = R"({"report_interval_s":60,"server":{"host":"a","port":1},"debug":true})";
  enroll(database, with_config);
  auto own = device("12345", "meters");
  own.config = R"({"report_interval_s":5,"server":{"port":2},"debug":null})";
  enroll(database, own);
  auto registry = database.registry();
  CHECK(test::load_one(registry, test::key_of("12345")).enrolment->config ==
        R"({"report_interval_s":5,"server":{"host":"a","port":2}})");
  CHECK(test::load_one(registry, by_group("12346", "meters")).enrolment->config ==
        R"({"debug":true,"report_interval_s":60,"server":{"host":"a","port":1}})");
}

TEST_CASE("a load gives each key its own facts, in the order of the keys", "[load]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"a", "b", "c"});
  std::vector<RequestKey> keys;
  for (const auto* id : {"c", "missing", "a", "c"})
    keys.push_back(test::key_of(id));
  keys[3].request_id = test::request_id("another");
  const auto loaded = load_requests(registry, keys);
  REQUIRE(loaded);
  REQUIRE(loaded->facts.size() == 4);
  CHECK(loaded->facts[0].same_request);
  CHECK_FALSE(loaded->facts[1].device);
  CHECK(loaded->facts[2].device);
  CHECK(loaded->facts[3].device);
  CHECK_FALSE(loaded->facts[3].same_request);
}

TEST_CASE("a load says what time it is for the database", "[load]") {
  Database database;
  auto registry = database.registry();
  const std::vector keys = {test::key_of("12345")};
  const auto loaded = load_requests(registry, keys);
  REQUIRE(loaded);
  const auto apart = std::chrono::system_clock::now() - loaded->now;
  CHECK(apart >= std::chrono::seconds(0));
  CHECK(apart < std::chrono::seconds(10));
}

TEST_CASE("what was committed is loaded as it was, to the microsecond", "[load]") {
  Database database;
  auto registry = database.registry();
  const auto row = test::accepted({.device = "12345", .attributes = R"({"model": "m\u0022\\ü"})"});
  test::commit_one(registry, row);
  const auto facts = test::load_one(registry, test::key_of("12345"));
  REQUIRE(facts.device);
  CHECK(facts.device->state == registry::DeviceState::registered);
  CHECK(facts.device->generation == 1);
  CHECK(facts.device->enrolled_by == "device");
  CHECK(facts.device->attributes == R"({"model": "m\"\\ü"})");
  REQUIRE(facts.same_request);
  const auto& wanted = row.registration->credential;
  CHECK(facts.same_request->generation == 1);
  CHECK(facts.same_request->digest == wanted.digest);
  CHECK(facts.same_request->certificate == wanted.certificate);
  CHECK(facts.same_request->not_before == wanted.not_before);
  CHECK(facts.same_request->not_after == wanted.not_after);
  CHECK(facts.same_request->live);
}

TEST_CASE("a certificate brings the key that its secrets are sealed under", "[load]") {
  Database database;
  enroll(database, device("by-id"));
  auto registry = database.registry();
  const auto presented = [&](const std::string& id, const std::optional<registry::SealedUnder>& under) {
    auto row = test::accepted({.device = id});
    row.registration->credential.sealed_under = under;
    test::commit_one(registry, row);
    auto key = test::key_of(id, "second");
    key.certificate = row.registration->credential.fingerprint;
    const auto facts = test::load_one(registry, key);
    REQUIRE(facts.presented);
    CHECK(facts.presented->sealed_under.has_value() == under.has_value());
    CHECK(test::load_status(registry, id, 1).credential->sealed_under.has_value() == under.has_value());
    return facts.presented->sealed_under;
  };
  CHECK(std::get<registry::KeyId>(presented("by-id", registry::KeyId{7}).value()) == registry::KeyId{7});
  const protocol::EncryptionKey sent{crypto::Bytes(32, 1), crypto::Bytes(32, 2)};
  const auto loaded = std::get<protocol::EncryptionKey>(presented("by-key", sent).value());
  CHECK((loaded.x == sent.x && loaded.y == sent.y));
  CHECK_FALSE(presented("by-none", std::nullopt));
  // As the version before writes it.
  database.run("UPDATE registry.credential SET sealing_key = NULL WHERE device_id = 'by-key'");
  CHECK(std::get<protocol::EncryptionKey>(
            test::load_status(registry, "by-key", 1).credential->sealed_under.value())
            .x == sent.x);
}

TEST_CASE("a credential that was not used in time is no longer live, one in use stays so", "[load]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"unused", "used", "expired"});
  database.run(
      "UPDATE registry.credential SET use_by = now() - interval '1 second' WHERE device_id <> 'expired';"
      "UPDATE registry.credential SET status = 'active', connected_at = now() WHERE device_id <> 'unused';"
      "UPDATE registry.credential SET not_before = now() - interval '2 days', not_after = now() WHERE "
      "device_id = "
      "'expired'");
  CHECK_FALSE(test::load_one(registry, test::key_of("unused")).same_request->live);
  CHECK(test::load_one(registry, test::key_of("used")).same_request->live);
  const auto used = test::load_one(registry, test::key_of("used"));
  CHECK(used.newest->type == used.same_request->type);
  CHECK(used.newest->not_before == used.same_request->not_before);
  CHECK(used.newest->not_after == used.same_request->not_after);
  CHECK_FALSE(test::load_one(registry, test::key_of("expired")).newest->live);
}
