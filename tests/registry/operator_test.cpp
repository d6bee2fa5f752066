#include "database.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

using namespace latchkey;
using test::Database;
using test::Login;
using test::Wrong;

namespace {

std::string events(Database& database) {
  return database.shown(
      "SELECT device_id, group_name, action, old_state, new_state, actor, reason FROM registry.events ORDER "
      "BY at",
      Login::ops);
}

const std::string token_hash = "sha256('a token')";

struct Registered {
  Registered() { test::register_devices(registry, {"12345"}); }
  std::string act(const std::string& call) {
    return database.refusal("SELECT registry." + call, Login::ops).message;
  }
  std::string state() { return database.shown("SELECT state FROM registry.devices", Login::ops); }

  Database database;
  registry::Registry registry = database.registry();
};

}  // namespace

TEST_CASE("enrolling a group writes what was said, and who said it", "[operators]") {
  Database database;
  database.run(
      "SELECT registry.enroll_group('meters', 'symmetric_key', '\\x01' || sha512('\\x0102'), 5, 'm-.*', "
      "'2026-01-01Z', "
      "'2027-01-01Z', 3600, '{\"a\": 1}')",
      Login::ops);
  CHECK(database.shown("SELECT name, proof, octet_length(material), status, device_id_pattern, valid_from, "
                       "valid_until, lifetime_s, "
                       "quota, config FROM registry.enrollment_group") ==
        "meters|symmetric_key|65|enabled|m-.*|2026-01-01 00:00:00+00|2027-01-01 "
        "00:00:00+00|3600|group:meters|"
        "{\"a\": 1}");
  CHECK(database.shown("SELECT name, used, max FROM registry.quota") == "group:meters|0|5");
  CHECK(events(database) == "-|meters|enroll_group|-|-|test_ops|-");
}

TEST_CASE("a group of which little is said gets the defaults", "[operators]") {
  Database database;
  database.run("SELECT registry.enroll_group('meters', 'token', " + token_hash + ")", Login::ops);
  CHECK(database.shown(
            "SELECT device_id_pattern, valid_from, valid_until, lifetime_s, unused_life_s, quota, config, "
            "reprovisioning, credential_types FROM registry.enrollment_group") ==
        "-|-|-|7776000|86400|-|{}|rotate|{x509}");
  CHECK(database.shown("SELECT count(*) FROM registry.quota") == "0");
}

TEST_CASE("enroll_group says what is wrong and what to do", "[operators]") {
  Database database;
  database.run("SELECT registry.enroll_group('taken', 'token', " + token_hash + ")", Login::ops);
  const std::string key = "'symmetric_key', '\\x01' || sha512('\\x00')";
  const std::vector<Wrong> wrongs = {
      {"enroll_group('', " + key + ")", "22023", "no group name"},
      {"enroll_group('-a', " + key + ")", "22023", "no group name"},
      {"enroll_group(repeat('a', 65), " + key + ")", "22023", "no group name"},
      {"enroll_group(NULL, " + key + ")", "22023", "no group name"},
      {"enroll_group('g', 'public_key', '\\x30')", "22023", "no proof for a group"},
      {"enroll_group('g', 'x509', '\\x00')", "22023", "no X.509 certificate"},
      {"enroll_group('g', 'x509', '\\x300130')", "22023", "no X.509 certificate"},
      {"enroll_group('g', 'x509', registry.pem('MIIB'))", "22023", "the text is no PEM"},
      {"enroll_group('g', 'symmetric_key', '\\x01' || sha512('\\x01'), admission => 'open')", "22023",
       "no admission"},
      {"enroll_group('g', 'symmetric_key', '\\x01' || sha512('\\x01'), reprovisioning => 'never')", "22023",
       "no reprovisioning"},
      {"enroll_group('g', 'symmetric_key', '\\x01' || sha512('\\x01'), credential_types => '{sim}')", "22023",
       "credential types"},
      {"enroll_group('g', 'symmetric_key', '\\x01' || sha512('\\x01'), id_from => 'uri')", "22023",
       "id_from"},
      {"enroll_group('g', NULL, '\\x00')", "22023", "no proof for a group"},
      {"enroll_group('g', 'symmetric_key', NULL)", "22023", "material"},
      {"enroll_group('g', 'symmetric_key', '')", "22023", "material"},
      {"enroll_group('g', 'token', '\\x00')", "22023", "SHA-256"},
      {"enroll_group('g', " + key + ", max_devices => -1)", "22023", "negative"},
      {"enroll_group('g', " + key + ", valid_from => now(), valid_until => now())", "22023", "not after"},
      {"enroll_group('g', " + key + ", lifetime_s => 59)", "22023", "out of bounds"},
      {"enroll_group('g', " + key + ", lifetime_s => 315360001)", "22023", "out of bounds"},
      {"enroll_group('g', " + key + ", config => '[]')", "22023", "not array"},
      {"enroll_group('g', " + key + ", config => 'null')", "22023", "not null"},
      {"enroll_group('g', " + key + ", config => NULL)", "22023", "JSON object"},
      {"enroll_group('g', " + key + ", config => jsonb_build_object('a', repeat('x', 3072)))", "22023",
       "bytes"},
      {"enroll_group('g', " + key + ", device_id_pattern => '(')", "22023", "no regular expression"},
      {"enroll_group('g', " + key + ", device_id_pattern => 'a)|(?:b')", "22023", "no regular expression"},
      {"enroll_group('g', " + key + ", device_id_pattern => repeat('a', 257))", "22023", "257 characters"},
      {"enroll_group('g', " + key + R"(, device_id_pattern => '(.*)*\1'))", "22023", "back-reference"},
      {"enroll_group('g', " + key + R"(, device_id_pattern => 'a\\\2'))", "22023", "back-reference"},
      {"enroll_group('g', " + key + ", device_id_pattern => '((a{1,100}){1,100}){1,100}')", "22023",
       "too complex"},
      {"enroll_group('taken', " + key + ")", "23505", "enrolled already"},
      {"enroll_group('g', 'token', " + token_hash + ")", "23505", "has this token"},
  };
  for (const Wrong& wrong : wrongs)
    test::check_refused(database, wrong);
  CHECK(database.shown("SELECT name FROM registry.enrollment_group") == "taken");
  CHECK(database.shown("SELECT count(*) FROM registry.quota") == "0");
  CHECK(database.shown("SELECT count(*) FROM registry.event") == "1");
}

TEST_CASE("a device that is enrolled shows as off, before anything was heard of it", "[operators]") {
  Database database;
  database.run(
      "SELECT registry.enroll_group('meters', 'symmetric_key', '\\x01' || sha512('\\x00')); SELECT "
      "registry.enroll_device('12345', 'token', " +
          token_hash + ", 'meters', '{\"a\": 1}')",
      Login::ops);
  CHECK(database.shown(
            "SELECT device_id, state, online, generation, group_name, registered_at FROM registry.devices",
            Login::ops) == "12345|off|-|0|meters|-");
  CHECK(database.shown("SELECT device_id, group_name, proof, config FROM registry.enrollment") ==
        "12345|meters|token|{\"a\": 1}");
  CHECK(events(database) ==
        "-|meters|enroll_group|-|-|test_ops|-\n12345|meters|enroll_device|-|-|test_ops|-");
}

TEST_CASE("enroll_device says what is wrong and what to do", "[operators]") {
  Database database;
  const std::string key = "'symmetric_key', '\\x01' || sha512('\\x00')";
  database.run("SELECT registry.enroll_device('taken', " + key + ")", Login::ops);
  const std::vector<Wrong> wrongs = {
      {"enroll_device('', " + key + ")", "22023", "no device id"},
      {"enroll_device('a b', " + key + ")", "22023", "no device id"},
      {"enroll_device(E'a\\n', " + key + ")", "22023", "no device id"},
      {"enroll_device(repeat('a', 65), " + key + ")", "22023", "no device id"},
      {"enroll_device(NULL, " + key + ")", "22023", "no device id"},
      {"enroll_device('d', 'sim', '\\x00')", "22023", "no proof for a device"},
      {"enroll_device('d', 'x509', '\\x00')", "22023", "no X.509 certificate"},
      {"enroll_device('d', 'public_key', '\\x00')", "22023", "no public key"},
      {"enroll_device('d', 'group')", "22023", "needs a group_name"},
      {"enroll_device('d', NULL, '\\x00')", "22023", "no proof for a device"},
      {"enroll_device('d', 'symmetric_key', NULL)", "22023", "material"},
      {"enroll_device('d', 'symmetric_key', '')", "22023", "material"},
      {"enroll_device('d', 'symmetric_key', '\\x30')", "22023", "no sealed key"},
      {"enroll_device('d', 'symmetric_key', sha512('not sealed'))", "22023", "no sealed key"},
      {"enroll_group('g', 'symmetric_key', sha256('not sealed'))", "22023", "no sealed key"},
      {"enroll_device('d', 'token', '\\x00')", "22023", "SHA-256"},
      {"enroll_device('d', " + key + ", 'nowhere')", "23503", "no group nowhere"},
      {"enroll_device('d', " + key + ", config => '1')", "22023", "not number"},
      {"enroll_device('d', " + key + ", config => NULL)", "22023", "JSON object"},
      {"enroll_device('d', " + key + ", config => jsonb_build_object('a', repeat('x', 3072)))", "22023",
       "bytes"},
      {"enroll_device('taken', " + key + ")", "23505", "enrolled already"},
  };
  for (const Wrong& wrong : wrongs)
    test::check_refused(database, wrong);
  CHECK(database.shown("SELECT device_id FROM registry.enrollment") == "taken");
}

TEST_CASE("an enrolment by the program is refused with the same words", "[operators]") {
  const Database database;
  const auto group =
      registry::enroll(database.options(Login::ops), registry::GroupEnrolment{.name = "no name!",
                                                                              .proof = "token",
                                                                              .material = {},
                                                                              .max_devices = {},
                                                                              .device_id_pattern = {},
                                                                              .valid_from = {},
                                                                              .valid_until = {},
                                                                              .lifetime_s = {},
                                                                              .unused_life_s = {},
                                                                              .renewal_grace_days = {},
                                                                              .config = {},
                                                                              .id_from = {}});
  REQUIRE_FALSE(group);
  CHECK(group.error().kind == registry::AdminError::Kind::refused);
  CHECK(group.error().what == "\"no name!\" is no group name");
  CHECK_FALSE(group.error().hint.empty());
  const auto reader = registry::enroll(database.options(Login::reader),
                                       registry::DeviceEnrolment{"12345", {}, "symmetric_key", {1}, {}});
  REQUIRE_FALSE(reader);
  CHECK(reader.error().kind == registry::AdminError::Kind::permission);
}

TEST_CASE("an act on a device that never registered says so", "[operators]") {
  Database database;
  database.run("SELECT registry.enroll_device('enrolled', 'symmetric_key', '\\x01' || sha512('\\x00'))",
               Login::ops);
  for (const std::string device : {"'nobody'", "'enrolled'", "NULL"}) {
    test::check_refused(database, {"resume(" + device + ", 'why')", "P0002", "never registered"});
    for (const std::string act : {"suspend", "revoke", "reset"})
      test::check_refused(database, {act + "(" + device + ", 'why')", "P0002", "never registered"});
  }
}

TEST_CASE_METHOD(Registered, "a suspended device goes on where it was", "[operators]") {
  CHECK(act("suspend('12345', 'lost')").empty());
  CHECK(state() == "suspended");
  CHECK(database.shown("SELECT status FROM registry.certificates", Login::ops) == "issued");
  CHECK(database.shown("SELECT actor, reason, acted_at IS NOT NULL FROM registry.devices", Login::ops) ==
        "test_ops|lost|t");
  CHECK(act("resume('12345', 'why')").empty());
  CHECK(state() == "registered");
  CHECK(events(database) ==
        "12345|-|state|off|registered|test_service|-\n12345|-|state|registered|suspended|test_ops|lost\n"
        "12345|-|state|suspended|registered|test_ops|why");
}

TEST_CASE_METHOD(Registered, "a revoked device has no credential any more, and comes back by reset only",
                 "[operators]") {
  CHECK(act("revoke('12345', 'stolen')").empty());
  CHECK(state() == "revoked");
  CHECK(database.shown("SELECT status, ended_at IS NOT NULL FROM registry.certificates", Login::ops) ==
        "revoked|t");
  test::check_refused(database, {"resume('12345', 'why')", "55000", "is revoked"});
  CHECK(act("reset('12345', 'found')").empty());
  CHECK(state() == "off");
}

TEST_CASE_METHOD(Registered, "a suspended device can be revoked and reset", "[operators]") {
  CHECK(act("suspend('12345', 'lost')").empty());
  CHECK(act("revoke('12345', 'stolen')").empty());
  CHECK(act("reset('12345', 'found')").empty());
  CHECK(act("suspend('12345', 'wait')").empty());
  CHECK(act("resume('12345', 'why')").empty());
  CHECK(state() == "off");
  CHECK(act("suspend('12345', 'wait')").empty());
  CHECK(act("reset('12345', 'anew')").empty());
  CHECK(state() == "off");
  CHECK(database.shown("SELECT count(*) FROM registry.events", Login::ops) == "8");
}

TEST_CASE_METHOD(Registered, "an act in the wrong state says what state that is, and is no event",
                 "[operators]") {
  test::check_refused(database, {"resume('12345', 'why')", "55000", "is registered"});
  act("suspend('12345', 'why')");
  test::check_refused(database, {"suspend('12345', 'why')", "55000", "is suspended"});
  act("revoke('12345', 'why')");
  test::check_refused(database, {"suspend('12345', 'why')", "55000", "is revoked"});
  test::check_refused(database, {"revoke('12345', 'why')", "55000", "is revoked"});
  act("reset('12345', 'why')");
  test::check_refused(database, {"reset('12345', 'why')", "55000", "is off"});
  CHECK(database.shown("SELECT count(*) FROM registry.events", Login::ops) == "4");
}

TEST_CASE_METHOD(Registered, "an act with a rollback is a preview", "[operators]") {
  const std::string before = database.shown("SELECT * FROM registry.devices", Login::ops);
  const auto connection = database.connect(Login::ops);
  {
    pqxx::work preview(*connection);
    preview.exec("SELECT registry.revoke('12345', 'what if')");
    preview.exec("SELECT registry.enroll_device('other', 'symmetric_key', '\\x01' || sha512('\\x00'))");
    CHECK(test::shown(preview.exec("SELECT device_id, state FROM registry.devices ORDER BY 1")) ==
          "12345|revoked\nother|off");
    CHECK(test::shown(preview.exec("SELECT count(*) FROM registry.events")) == "3");
  }
  CHECK(database.shown("SELECT * FROM registry.devices", Login::ops) == before);
  CHECK(database.shown("SELECT count(*) FROM registry.events", Login::ops) == "1");
}

TEST_CASE_METHOD(Registered, "several acts in one transaction happen together", "[operators]") {
  const auto connection = database.connect(Login::ops);
  pqxx::work together(*connection);
  together.exec("SELECT registry.suspend('12345', 'one')");
  together.exec("SELECT registry.resume('12345', 'why')");
  CHECK(state() == "registered");
  together.commit();
  CHECK(database.shown("SELECT reason FROM registry.events WHERE reason IS NOT NULL ORDER BY at",
                       Login::ops) == "one\nwhy");
}

TEST_CASE("the views show the true reason of a rejection, and an expired certificate as expired",
          "[operators]") {
  Database database;
  auto registry = database.registry();
  test::register_devices(registry, {"12345"});
  test::commit_one(registry, test::rejected("stranger", registry::Reason::no_enrolment));
  database.run("UPDATE registry.credential SET use_by = now() - interval '1 second'");
  CHECK(database.shown(
            "SELECT device_id, decision, code, reason FROM registry.attempts WHERE decision = 'rejected'",
            Login::reader) == "stranger|rejected|unauthorized|no enrolment for this id");
  CHECK(database.shown("SELECT device_id, generation, status FROM registry.certificates", Login::reader) ==
        "12345|1|expired");
}
