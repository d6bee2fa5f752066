#include "registry/tools.hpp"

#include "database.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace latchkey;
using test::Database;
using test::Login;

namespace {

registry::ExplainedFacts explained(Database& database, const std::string& device,
                                   const std::optional<std::string>& group = {}) {
  auto known =
      registry::load_explained(database.options(Login::ops), test::id_of(device), {group, std::nullopt});
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
  const auto refused = registry::load_explained(database.options(Login::reader), test::id_of("12345"), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == registry::AdminError::Kind::permission);
}

namespace {

const registry::KeyId new_master{1, 1, 1, 1, 1, 1, 1, 1};

/// A sealed key in outline: version, the master key's id, a text.
std::string sealed(const std::string& master, const std::string& text) {
  return "'\\x01" + master + "'::bytea || '" + text + "'";
}
const std::string old_id = "0000000000000000";
const std::string new_id = "0101010101010101";

/// Puts the new master key's id in; what ends with ! does not open.
std::optional<crypto::Bytes> reseal_outline(const std::string&, crypto::ByteView from) {
  if (from.back() == '!') return std::nullopt;
  crypto::Bytes to(from.begin(), from.end());
  std::ranges::copy(new_master, to.begin() + 1);
  return to;
}

registry::UnderOthers reseal(Database& database) {
  const auto owner = database.options(Login::owner);
  REQUIRE(registry::reseal_keys(owner, new_master, reseal_outline, [](std::int64_t) {}));
  const auto left = registry::under_other_master_keys(owner, new_master);
  REQUIRE(left);
  return *left;
}

/// A device of the group, answered under its key.
void register_in_meters(registry::Registry& registry, const std::string& device,
                        const registry::KeyId& key = {7}) {
  auto row = test::accepted({.device = device, .group = "meters"});
  row.registration->enrolled_by = "group:meters";
  row.registration->credential.signed_by = registry::SignedBy::device_key;
  row.registration->credential.answer_key = key;
  REQUIRE(test::commit_one(registry, row) == registry::Outcome::won);
}

crypto::Bytes newer_key() {
  crypto::Bytes key(40, 0x0b);
  key.front() = 1;
  return key;
}

/// Its next credential, answered under the service's key and sealed under this one.
void renew_in_meters(registry::Registry& registry, const std::string& device,
                     const registry::SealedUnder& under) {
  auto row = test::accepted(
      {.device = device, .request = "second", .expected = 1, .to_registered = false, .group = "meters"});
  row.registration->enrolled_by = "group:meters";
  row.registration->credential.sealed_under = under;
  REQUIRE(test::commit_one(registry, row) == registry::Outcome::won);
}

}  // namespace

TEST_CASE("every key is sealed anew, more than fit into one transaction, both of a group as well",
          "[tools]") {
  Database database;
  database.run(
      "INSERT INTO registry.enrollment (device_id, proof, material) SELECT 'd' || n, 'symmetric_key', " +
      sealed(old_id, "a") + " FROM generate_series(1, 2500) n");
  database.run(
      "INSERT INTO registry.enrollment_group (name, proof, material, secondary_material) VALUES ('g', "
      "'symmetric_key', " +
      sealed(old_id, "b") + ", " + sealed(old_id, "c") + ")");
  database.run("SELECT registry.enroll_device('token', 'token', sha256('a token'))", Login::ops);
  const auto left = reseal(database);
  CHECK(left.keys == 0);
  CHECK(left.passwords == 0);
  CHECK(database.shown("SELECT DISTINCT material FROM registry.enrollment WHERE proof = 'symmetric_key'") ==
        "\\x01" + new_id + "61");
  CHECK(database.shown("SELECT material, secondary_material FROM registry.enrollment_group") ==
        "\\x01" + new_id + "62|\\x01" + new_id + "63");
  CHECK(database.shown("SELECT reason, actor FROM registry.events WHERE action = 'reseal' ORDER BY at") ==
        "1000 keys|test_owner\n1000 keys|test_owner\n502 keys|test_owner");
  CHECK(reseal(database).keys == 0);  // and nothing is written a second time
  CHECK(database.shown("SELECT count(*) FROM registry.events WHERE action = 'reseal'") == "3");
}

TEST_CASE("a key that does not open stays, and keeps nobody else from being sealed anew", "[tools]") {
  Database database;
  for (const std::string id : {"a", "b", "c"})
    database.run("INSERT INTO registry.enrollment (device_id, proof, material) VALUES ('" + id +
                 "', 'symmetric_key', " + sealed(old_id, id == "b" ? "b!" : id) + ")");
  CHECK(reseal(database).keys == 1);
  CHECK(database.shown("SELECT device_id FROM registry.enrollment WHERE registry.is_sealed_under(material, "
                       "'\\x" +
                       new_id + "') ORDER BY 1") == "a\nc");
}

TEST_CASE("a key that was replaced in the meantime is not overwritten", "[tools]") {
  Database database;
  database.run("INSERT INTO registry.enrollment (device_id, proof, material) VALUES ('a', 'symmetric_key', " +
               sealed(old_id, "a") + ")");
  const auto replacing = [&](const std::string& purpose, crypto::ByteView from) {
    database.run("UPDATE registry.enrollment SET material = " + sealed(old_id, "z"));
    return reseal_outline(purpose, from);
  };
  REQUIRE(registry::reseal_keys(database.options(Login::owner), new_master, replacing, [](std::int64_t) {}));
  CHECK(database.shown("SELECT material FROM registry.enrollment") == "\\x01" + old_id + "7a");
}

TEST_CASE("a live password of another master key is counted", "[tools]") {
  Database database;
  auto registry = database.registry();
  auto row = test::accepted({.device = "12345"});
  auto& credential = row.registration->credential;
  credential.type = protocol::CredentialType::password;
  credential.salt = crypto::Bytes(16);
  credential.master_key = registry::KeyId{9};
  REQUIRE(test::commit_one(registry, row) == registry::Outcome::won);
  CHECK(reseal(database).passwords == 1);
  database.run("SELECT registry.reset('12345', 'new master key')", Login::ops);
  CHECK(reseal(database).passwords == 0);
}

TEST_CASE("only the owner gets at sealed keys", "[tools]") {
  Database database;
  for (const Login login : {Login::ops, Login::service, Login::reader}) {
    const auto refused = registry::reseal_keys(database.options(login), new_master, reseal_outline,
                                               [](std::int64_t) { FAIL_CHECK("resealed"); });
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == registry::AdminError::Kind::permission);
    CHECK(database.refusal("SELECT registry.sealed_keys('\\x00', '', 1)", login).state == "42501");
  }
}

TEST_CASE("retiring a key says whom it leaves without configurations, and does it on demand", "[tools]") {
  Database database;
  const auto ops = database.options(Login::ops);
  auto registry = database.registry();
  database.run(
      "SELECT registry.enroll_group('meters', 'symmetric_key', '\\x01' || decode(repeat('0a', 40), 'hex'))",
      Login::ops);
  register_in_meters(registry, "before");
  REQUIRE(registry::roll_group_key(ops, "meters", "symmetric_key", newer_key()));
  register_in_meters(registry, "after");
  const std::string keys =
      "SELECT substr(material, 2, 1), substr(secondary_material, 2, 1), rolled_at IS NULL "
      "FROM registry.enrollment_group";
  CHECK(database.shown(keys) == "\\x0b|\\x0a|f");
  CHECK(registry::retire_group_key(ops, "meters", false) == 1);
  CHECK(database.shown(keys) == "\\x0b|\\x0a|f");
  CHECK(registry::retire_group_key(ops, "meters", true) == 1);
  CHECK(database.shown(keys) == "\\x0b|-|t");
  CHECK(registry::retire_group_key(ops, "meters", true).error().what.find("no older key or CA") !=
        std::string::npos);
}

TEST_CASE("a renewal after the roll depends on the key from before it, unless its group seals nothing",
          "[tools]") {
  Database database;
  const auto ops = database.options(Login::ops);
  auto registry = database.registry();
  const registry::KeyId older{1};
  const registry::KeyId newer{2};
  database.run(
      "SELECT registry.enroll_group('meters', 'symmetric_key', '\\x01' || decode(repeat('0a', 40), 'hex'))",
      Login::ops);
  for (const char* const device : {"renewed", "with-a-key", "settled"})
    register_in_meters(registry, device, older);
  REQUIRE(registry::roll_group_key(ops, "meters", "symmetric_key", newer_key()));
  renew_in_meters(registry, "renewed", older);
  renew_in_meters(registry, "with-a-key",
                  protocol::EncryptionKey{crypto::Bytes(32, 1), crypto::Bytes(32, 2)});
  renew_in_meters(registry, "settled", newer);
  const auto count = [&](const std::string& sealing) {
    database.run("UPDATE registry.enrollment_group SET sealing = '" + sealing + "'");
    return registry::retire_group_key(ops, "meters", false).value();
  };
  CHECK(count("possible") == 1);
  CHECK(count("always") == 1);
  const std::string stuck = "SELECT device_id, problem FROM registry.stuck_devices";
  CHECK(database.shown(stuck, Login::reader).empty());
  CHECK(registry::retire_group_key(ops, "meters", true) == 1);
  CHECK(database.shown(stuck, Login::reader) ==
        "renewed|the symmetric key of its credential was retired: it has to provision by the newer one");
  database.run("SELECT registry.set_group_policy('meters', '{\"sealing\": \"never\"}', 'why')", Login::ops);
  CHECK(database.shown(stuck, Login::reader).empty());
}

TEST_CASE("a key that nobody depends on is retired at once", "[tools]") {
  Database database;
  const auto ops = database.options(Login::ops);
  database.run(
      "SELECT registry.enroll_group('meters', 'symmetric_key', '\\x01' || decode(repeat('0a', 40), 'hex'))",
      Login::ops);
  REQUIRE(registry::roll_group_key(ops, "meters", "symmetric_key", newer_key()));
  CHECK(registry::retire_group_key(ops, "meters", false) == 0);
}

TEST_CASE("a group's new key is of the kind of the old one", "[tools]") {
  Database database;
  const auto ops = database.options(Login::ops);
  database.run(
      "SELECT registry.enroll_group('meters', 'symmetric_key', '\\x01' || decode(repeat('0a', 40), 'hex'))",
      Login::ops);
  const auto refused = registry::roll_group_key(ops, "meters", "x509", {0x30});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what == "the proof of the group meters is symmetric_key, not x509");
  CHECK_FALSE(refused.error().hint.empty());
}
