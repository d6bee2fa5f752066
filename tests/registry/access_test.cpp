#include "database.hpp"
#include "registry/broker_access.hpp"
#include "registry/revocation.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace latchkey;
using test::Database;
using test::Login;

namespace {

struct Fleet {
  void act(const std::string& call) { database.run("SELECT registry." + call, Login::ops); }
  void rotate(const std::string& device, std::int64_t expected = 1) {
    CHECK(test::commit_one(registry, test::accepted({.device = device,
                                                     .request = "after " + std::to_string(expected),
                                                     .expected = expected,
                                                     .to_registered = false})) == registry::Outcome::won);
  }
  registry::BrokerAccess access() {
    auto loaded = load_broker_access(registry);
    INFO((loaded ? "" : loaded.error().what));
    REQUIRE(loaded);
    std::ranges::sort(loaded->denied);
    return *std::move(loaded);
  }
  std::vector<std::string> denied() { return access().denied; }
  std::size_t revoked() { return load_revoked(registry).value().size(); }
  /// Makes the certificate of a device end this long from now.
  void let_end(const std::string& device, const std::string& when) {
    database.run("UPDATE registry.credential SET not_before = '2020-01-01', not_after = now() + interval '" +
                 when + "' WHERE device_id = '" + device + "'");
  }
  /// Makes a device's credential a password that is in use, and notes that as the issue of one does.
  void give_password(const std::string& device) {
    database.run(
        "UPDATE registry.credential SET type = 'password', status = 'active', salt = "
        "'\\x00112233445566778899aabbccddeeff', master_key = '\\x0011223344556677', password_hash = "
        "sha256('x') WHERE device_id = '" +
        device + "'; SELECT registry.note_access(ARRAY['" + device + "'], false)");
  }

  Database database;
  registry::Registry registry = database.registry();
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Fleet, "a device is kept out while it is suspended, revoked or reset", "[access]") {
  test::register_devices(registry, {"a", "b", "c", "d"});
  CHECK(denied().empty());
  act("suspend('a', 'why')");
  act("revoke('b', 'why')");
  act("reset('c', 'why')");
  CHECK(denied() == Names{"a", "b", "c"});
  act("resume('a', 'why')");
  CHECK(denied() == Names{"b", "c"});
  CHECK(test::commit_one(registry, test::accepted({.device = "c", .request = "second", .expected = 1})) ==
        registry::Outcome::won);
  CHECK(denied() == Names{"b"});
}

TEST_CASE_METHOD(Fleet, "a device of a disabled group or enrolment is kept out, and has no login",
                 "[access]") {
  act("enroll_group('g', 'token', NULL)");
  CHECK(test::commit_one(registry, test::accepted({.device = "a", .group = "g"})) == registry::Outcome::won);
  CHECK(test::commit_one(registry, test::accepted({.device = "b", .group = "g"})) == registry::Outcome::won);
  act("enroll_device('c', 'symmetric_key', '\\x01' || sha512('\\x00'), 'g')");
  CHECK(test::commit_one(registry, test::accepted({.device = "c"})) == registry::Outcome::won);
  give_password("b");
  const auto rights = [&](const std::string& of) {
    return database.shown("SELECT count(*) FROM registry.mqtt_acl WHERE username LIKE '" + of + "%'");
  };
  CHECK(access().logins.size() == 1);
  act("disable_group('g', 'why')");
  CHECK(denied() == Names{"a"});
  CHECK(access().logins.empty());
  CHECK(rights("a") + rights("b") + rights("c") == "004");
  CHECK(database.shown("SELECT count(*) FROM registry.mqtt_user") == "0");
  act("disable_device('c', 'why')");
  CHECK(denied() == Names{"a", "c"});
  CHECK(rights("c") == "0");
  act("enable_group('g', 'why')");
  act("enable_device('c', 'why')");
  CHECK(denied().empty());
  CHECK(rights("a") + rights("b") + rights("c") == "444");
}

TEST_CASE_METHOD(Fleet, "a device whose certificates have expired need not be kept out", "[access]") {
  test::register_devices(registry, {"a"});
  act("revoke('a', 'why')");
  let_end("a", "1 minute");
  CHECK(denied() == Names{"a"});
  CHECK(revoked() == 1);
  let_end("a", "-1 minute");
  CHECK(denied().empty());
  CHECK(revoked() == 0);
}

TEST_CASE_METHOD(Fleet, "a password is a login while it lives and its device is not kept out", "[access]") {
  test::register_devices(registry, {"a", "b"});
  give_password("a");
  const auto logins = access().logins;
  REQUIRE(logins.size() == 1);
  CHECK(logins[0].login.device_id.text() == "a");
  CHECK(logins[0].login.generation == 1);
  CHECK(logins[0].login.salt.size() == 16);
  CHECK(logins[0].login.master_key[1] == 0x11);
  CHECK_FALSE(logins[0].applied);
  const registry::AppliedAccess applied{"a", {}, 1, {}};
  CHECK(broker_applied(registry, std::span(&applied, 1)));
  CHECK(access().logins[0].applied);
  act("suspend('a', 'why')");
  CHECK(access().logins.empty());
  CHECK(denied().empty());  // a password that is not known lets nobody in
  act("resume('a', 'why')");
  CHECK(access().logins.size() == 1);
  let_end("a", "-1 minute");
  CHECK(access().logins.empty());
}

TEST_CASE_METHOD(Fleet,
                 "a password in use stays a login, however many others its device was sent and never used",
                 "[access]") {
  test::register_devices(registry, {"a"});
  give_password("a");
  for (std::int64_t generation = 1; generation <= 5; ++generation)
    rotate("a", generation);
  const auto logins = access().logins;
  REQUIRE(logins.size() == 1);
  CHECK(logins[0].login.generation == 1);
}

TEST_CASE_METHOD(Fleet, "the broker is seen to follow the change that was loaded, not a later one",
                 "[access]") {
  test::register_devices(registry, {"a"});
  act("suspend('a', 'why')");
  const auto first = access().changed;
  REQUIRE(first.size() == 1);
  act("resume('a', 'why')");
  const registry::AppliedAccess old{"a", first[0].second, {}, {}};
  CHECK(broker_applied(registry, std::span(&old, 1)));
  const auto second = access().changed;
  REQUIRE(second.size() == 1);
  const registry::AppliedAccess present{"a", second[0].second, {}, {}};
  CHECK(broker_applied(registry, std::span(&present, 1)));
  CHECK(access().changed.empty());
  CHECK(database.shown("SELECT device_id, state, took BETWEEN '0 s' AND '10 s' FROM registry.access_changes",
                       Login::reader) == "a|registered|t");
}

TEST_CASE_METHOD(Fleet, "where the broker looks rights up, a change counts at once", "[access]") {
  test::register_devices(registry, {"a"});
  act("suspend('a', 'why')");
  CHECK(access_looked_up(registry));
  CHECK(access().changed.empty());
}

TEST_CASE_METHOD(Fleet, "a revocation takes the certificates with it that were replaced and have not expired",
                 "[access]") {
  test::register_devices(registry, {"a"});
  rotate("a");
  const std::string before = revocation_state(registry).value().stamp;
  CHECK(revoked() == 0);
  act("revoke('a', 'why')");
  CHECK(revoked() == 2);
  CHECK(revocation_state(registry).value().stamp != before);
  CHECK(database.shown("SELECT DISTINCT status, ended_at IS NOT NULL FROM registry.certificates",
                       Login::ops) == "revoked|t");
}

TEST_CASE_METHOD(Fleet,
                 "of a device that renewed all the time the newest thousand are revoked, and what is in use",
                 "[access]") {
  test::register_devices(registry, {"a"});
  CHECK(test::commit_one(registry, test::connected({"a", registry::DeviceState::registered,
                                                    registry::DeviceState::connected})) ==
        registry::Outcome::won);
  database.run(
      "INSERT INTO registry.credential (device_id, generation, type, request_id, digest, serial, "
      "certificate, "
      "fingerprint, signed_by, status, not_before, not_after, use_by, ended_at) SELECT device_id, n, type, "
      "'request-number-' || n, digest, decode(lpad(to_hex(n), 32, '0'), 'hex'), certificate, fingerprint, "
      "'service', 'retired', not_before, not_after, use_by, now() "
      "FROM registry.credential, generate_series(2, 3000) n; UPDATE registry.device SET generation = 3000");
  act("revoke('a', 'why')");
  CHECK(revoked() == 1001);
  CHECK(database.shown("SELECT min(generation), max(generation) FROM registry.certificates WHERE status = "
                       "'revoked' AND generation > 1") == "2001|3000");
  CHECK(database.shown("SELECT status FROM registry.certificates WHERE generation = 1") == "revoked");
}

TEST_CASE_METHOD(Fleet, "of a device that renews all the time a group's list has the newest thousand",
                 "[access]") {
  database.run("SELECT registry.enroll_group('strict', 'token', sha256('strict'), revoke_retired => true)",
               Login::ops);
  CHECK(test::commit_one(registry, test::accepted({.device = "a", .group = "strict"})) ==
        registry::Outcome::won);
  database.run(
      "INSERT INTO registry.credential (device_id, generation, type, request_id, digest, serial, "
      "certificate, "
      "fingerprint, signed_by, status, not_before, not_after, use_by, ended_at) SELECT device_id, n, type, "
      "'request-number-' || n, digest, decode(lpad(to_hex(n), 32, '0'), 'hex'), certificate, fingerprint, "
      "'service', 'retired', not_before, not_after, use_by, now() "
      "FROM registry.credential, generate_series(2, 3000) n");
  CHECK(revoked() == 1000);
}

TEST_CASE_METHOD(Fleet, "a certificate that was replaced is revoked where its group says so", "[access]") {
  for (const std::string group : {"strict", "lax"}) {
    database.run("SELECT registry.enroll_group('" + group + "', 'token', sha256('" + group +
                     "'), revoke_retired => " + (group == "strict" ? "true" : "false") + ")",
                 Login::ops);
    CHECK(test::commit_one(registry, test::accepted({.device = group, .group = group})) ==
          registry::Outcome::won);
    CHECK(test::commit_one(registry, test::accepted({.device = group,
                                                     .request = "second",
                                                     .expected = 1,
                                                     .to_registered = false,
                                                     .group = group})) == registry::Outcome::won);
  }
  CHECK(revoked() == 1);
  CHECK(load_revoked(registry).value()[0].serial.size() == 16);
}

TEST_CASE_METHOD(Fleet, "who was cut off at the broker is not online, whoever came back is", "[access]") {
  using registry::DeviceState;
  test::register_devices(registry, {"a", "b"});
  for (const std::string device : {"a", "b"}) {
    CHECK(test::commit_one(registry, test::connected({device, DeviceState::registered,
                                                      DeviceState::connected})) == registry::Outcome::won);
    act("suspend('" + device + "', 'why')");
  }
  std::vector<registry::AppliedAccess> applied;
  for (const auto& [device, at] : access().changed)
    applied.push_back({device, at, {}, {}});
  REQUIRE(applied.size() == 2);
  act("resume('b', 'why')");
  CHECK(broker_applied(registry, applied));
  CHECK(database.shown("SELECT device_id, online FROM registry.presence ORDER BY 1") == "a|f\nb|t");
}
