#include "operated.hpp"
#include "registry/housekeeping.hpp"

using namespace latchkey;
using registry::Outcome;
using test::Login;
using test::Operated;
using test::Wrong;

TEST_CASE_METHOD(Operated, "many devices are enrolled at once, and each has an answer of its own",
                 "[operations]") {
  CHECK(act("enroll_group('meters', 'symmetric_key', '\\x01' || sha512('\\x01'))").empty());
  CHECK(act("enroll_device('known', 'symmetric_key', '\\x01' || sha512('\\x01'))").empty());
  CHECK(
      shown("SELECT i, device_id, outcome, reason FROM registry.enroll_devices($$["
            R"({"device_id": "a", "proof": "symmetric_key", "material": "\\x0102", "config": {"a": 1}},)"
            R"({"device_id": "b", "proof": "group", "group": "meters"},)"
            R"({"device_id": "known", "proof": "group", "group": "meters"},)"
            R"({"device_id": "a", "proof": "group", "group": "meters"},)"
            R"({"device_id": "no id", "proof": "group", "group": "meters"},)"
            R"({"device_id": "c", "proof": "token", "material": "\\x01"},)"
            R"({"device_id": "d", "proof": "group", "group": "nowhere"},)"
            R"({"device_id": "e", "proof": "public_key", "material": "\\x3g"},)"
            R"({"device_id": "f", "proof": "x509", "material": "\\x300100"},)"
            R"({"device_id": "g", "prove": "x509"}, 7)"
            "]$$)") ==
      "1|a|enrolled|-\n2|b|enrolled|-\n3|known|exists|it is enrolled already; nothing was "
      "changed\n4|a|refused|it is twice in "
      "this call\n5|no id|refused|its device_id is missing or no device id\n6|c|refused|the material of a "
      "token is its "
      "SHA-256\n7|d|refused|there is no "
      "such group\n8|e|refused|the material is neither \\x with hexadecimal digits nor "
      "PEM\n9|f|refused|the material "
      "is neither a certificate nor its SHA-256\n10|g|refused|it has an unknown member: known are device_id, "
      "proof, material, group and config\n11|-|refused|it is no JSON object");
  CHECK(database.shown(
            "SELECT device_id, proof, material, group_name, config FROM registry.enrollment WHERE device_id "
            "<> 'known' ORDER BY 1") == "a|symmetric_key|\\x0102|-|{\"a\": 1}\nb|group|-|meters|{}");
  CHECK(shown("SELECT device_id, actor FROM registry.events WHERE action = 'enroll_device' AND device_id <> "
              "'known' "
              "ORDER BY 1") == "a|test_ops\nb|test_ops");
}

TEST_CASE_METHOD(Operated, "enroll_devices takes twenty thousand devices in one call", "[operations]") {
  CHECK(act("enroll_group('meters', 'symmetric_key', '\\x01' || sha512('\\x01'))").empty());
  CHECK(
      shown(
          "SELECT outcome, count(*) FROM registry.enroll_devices((SELECT "
          "jsonb_agg(jsonb_build_object('device_id', "
          "'m-' || n, 'proof', 'group', 'group', 'meters')) FROM generate_series(1, 20000) n)) GROUP BY 1") ==
      "enrolled|20000");
  CHECK(shown("SELECT group_name, state, devices FROM registry.fleet") == "meters|off|20000");
  // The planner knows of them at once.
  CHECK(database.shown("SELECT reltuples FROM pg_class WHERE oid = 'registry.enrollment'::regclass") ==
        "20000");
}

TEST_CASE_METHOD(Operated, "a decommissioned device frees its place and keeps its history", "[operations]") {
  CHECK(act("enroll_group('kits', 'token', NULL, max_devices => 1)").empty());
  const std::string made = token("'kits', NULL, '1 day'");
  CHECK(join(made, "a") == Outcome::won);
  CHECK(act("decommission('a', 'sold')").empty());
  CHECK(
      shown("SELECT state, generation, actor, reason, decommissioned_at IS NOT NULL FROM registry.devices") ==
      "revoked|1|test_ops|sold|t");
  CHECK(shown("SELECT status FROM registry.certificates") == "revoked");
  CHECK(shown("SELECT action, old_state, new_state, reason FROM registry.events WHERE device_id = 'a' ORDER "
              "BY at") == "state|off|registered|-\nstate|registered|revoked|sold\ndecommission|-|-|sold");
  CHECK(join(made, "b") == Outcome::won);
  // One that comes back goes on where its generations ended, and takes a place again.
  CHECK(act("reset('a', 'bought back')").empty());
  CHECK(shown("SELECT decommissioned_at FROM registry.devices WHERE device_id = 'a'") == "-");
  CHECK(join(made, "a", "second") == Outcome::quota_exceeded);
  CHECK(act("decommission('b', 'sold')").empty());
  CHECK(join(made, "a", "second") == Outcome::won);
  CHECK(shown("SELECT device_id, state, generation FROM registry.devices ORDER BY 1") ==
        "a|registered|2\nb|revoked|1");
}

TEST_CASE_METHOD(Operated, "a device that was never heard of is decommissioned too, and nothing lets it in",
                 "[operations]") {
  CHECK(act("enroll_device('a', 'symmetric_key', '\\x01' || sha512('\\x01'))").empty());
  CHECK(act("decommission('a', 'broken')").empty());
  CHECK(shown("SELECT state, generation FROM registry.devices") == "revoked|0");
  CHECK(test::load_one(registry, test::key_of("a")).device->state == registry::DeviceState::revoked);
}

TEST_CASE_METHOD(Operated, "what a forgotten device said of itself is gone, and what happened is not",
                 "[operations]") {
  CHECK(act("enroll_device('a', 'symmetric_key', '\\x01' || sha512('\\x01'), config => '{\"owner\": "
            "\"canary\"}')")
            .empty());
  auto row = test::accepted({.device = "a", .attributes = "{\"owner\": \"canary\"}"});
  row.registration->reported = row.registration->attributes;
  row.registration->credential.key_fingerprint.fill(7);
  CHECK(test::commit_one(registry, row) == Outcome::won);
  test::commit_one(
      registry, test::connected({"a", registry::DeviceState::registered, registry::DeviceState::connected}));
  test::commit_one(registry,
                   test::failed({"a", registry::DeviceState::connected, registry::DeviceState::connected},
                                "disk", "canary"));
  const std::string serial = shown("SELECT serial FROM registry.certificates");
  check_refused({"forget('a', 'why')", "55000", "is connected"});
  CHECK(act("decommission('a', 'sold')").empty());
  CHECK(act("forget('a', 'why')").empty());
  // In every table there is, and those that will be.
  std::string everything;
  for (const auto& table : database.run("SELECT relname FROM pg_class WHERE relnamespace = "
                                        "'registry'::regnamespace AND relkind IN ('r', 'p')"))
    everything += database.shown("SELECT json_agg(t) FROM registry." + std::string(table[0].c_str()) + " t");
  CHECK(everything.find("canary") == std::string::npos);
  CHECK(everything.find("0707070707") == std::string::npos);
  CHECK(database.shown("SELECT certificate IS NULL, erased_at IS NOT NULL FROM registry.credential") ==
        "t|t");
  CHECK(shown("SELECT serial, status, generation FROM registry.certificates") == serial + "|revoked|1");
  CHECK(shown("SELECT action FROM registry.events ORDER BY at") ==
        "enroll_device\nstate\nstate\nstate\ndecommission\nforget");
  // It still counts on from there, should it ever come back.
  CHECK(act("reset('a', 'anew')").empty());
  CHECK(test::commit_one(registry, test::accepted({.device = "a", .request = "second", .expected = 1})) ==
        Outcome::won);
  CHECK(shown("SELECT generation FROM registry.devices") == "2");
}

TEST_CASE_METHOD(Operated, "after a restore no generation and no version of a configuration comes twice",
                 "[operations]") {
  CHECK(act("enroll_device('b', 'symmetric_key', '\\x01' || sha512('\\x01'))").empty());
  test::register_devices(registry, {"a"});
  CHECK(shown("SELECT registry.restored('backup of 03:00')") == "2");
  CHECK(shown("SELECT device_id, state, generation, config_version FROM registry.devices ORDER BY 1") ==
        "a|registered|1001|1001\nb|off|0|1001");
  CHECK(test::load_one(registry, test::key_of("a", "next")).newest->generation == 1);
  CHECK(shown("SELECT device_id, action, old_state, new_state, generation, reason FROM registry.events WHERE "
              "at >= "
              "(SELECT max(at) FROM registry.events WHERE action = 'state') ORDER BY at, 1") ==
        "a|state|off|registered|1|-\na|restored|registered|registered|1001|-\nb|restored|off|off|1000|-\n"
        "-|restored|-|-|-|backup of 03:00");
  CHECK(test::commit_one(
            registry,
            test::accepted({.device = "a", .request = "next", .expected = 1001, .to_registered = false})) ==
        Outcome::won);
  CHECK(test::commit_one(registry, test::accepted({.device = "b", .expected = 1000})) == Outcome::won);
  CHECK(shown("SELECT device_id, generation FROM registry.certificates ORDER BY 1, 2") ==
        "a|1\na|1002\nb|1001");
}

TEST_CASE_METHOD(Operated, "wrong use says what is wrong and what to do", "[operations]") {
  CHECK(act("enroll_group('meters', 'symmetric_key', '\\x01' || sha512('\\x01'))").empty());
  CHECK(act("enroll_group('kits', 'token', NULL)").empty());
  test::register_devices(registry, {"a"});
  CHECK(act("decommission('a', 'sold')").empty());
  const std::vector<Wrong> wrongs = {
      {"enroll_devices(NULL)", "22023", "NULL"},
      {"enroll_devices((SELECT jsonb_agg(n) FROM generate_series(1, 100001) n))", "22023", "100001 devices"},
      {"create_token('nowhere', 1, '1 day')", "P0002", "no group nowhere"},
      {"create_token('meters', 1, '1 day')", "55000", "is symmetric_key"},
      {"create_token('kits', 0, '1 day')", "22023", "0 uses"},
      {"create_token('kits', 1, '-1 day')", "22023", "cannot be valid for"},
      {"create_token('kits', 1, NULL)", "22023", "cannot be valid for"},
      {"create_token('kits', 1, '6 years')", "22023", "cannot be valid for"},
      {"decommission('nobody', 'sold')", "P0002", "no device nobody"},
      {"decommission(NULL, 'sold')", "P0002", "no device"},
      {"decommission('a', 'sold')", "55000", "decommissioned already"},
      {"forget('nobody', 'why')", "P0002", "never registered"},
      {"restored('')", "22023", "needs a reason"},
      {"pem('...')", "22023", "the text is no PEM"},
      {"pem('-----BEGIN X-----!-----END X-----')", "22023", "no PEM: "},
      {"enroll_device('b', 'public_key', '\\x30')", "22023", "no public key"},
      {"set_retention('passwords', '1 year')", "22023", "no retention of"},
      {"set_retention('attempts', '1 day')", "22023", "too short"},
  };
  for (const Wrong& wrong : wrongs)
    check_refused(wrong);
}

TEST_CASE_METHOD(Operated, "all of it can be tried and rolled back", "[operations]") {
  CHECK(act("enroll_group('kits', 'token', NULL, max_devices => 5)").empty());
  CHECK(join(token("'kits', 5, '1 day'"), "a") == Outcome::won);
  const std::string everything =
      "SELECT (SELECT json_agg(d) FROM registry.devices d)::text, (SELECT json_agg(e) FROM registry.events "
      "e)::text, "
      "(SELECT json_agg(g) FROM registry.groups g)::text, (SELECT json_agg(t) FROM registry.tokens t)::text, "
      "(SELECT "
      "json_agg(r) FROM registry.retention r)::text, (SELECT json_agg(c) FROM registry.certificates c)::text";
  const std::string before = shown(everything);
  {
    const auto connection = database.connect(Login::ops);
    pqxx::work preview(*connection);
    preview.exec(
        "SELECT registry.enroll_devices('[{\"device_id\": \"b\", \"proof\": \"group\", \"group\": "
        "\"kits\"}]')");
    preview.exec("SELECT registry.create_token('kits', 1, '1 day')");
    preview.exec("SELECT registry.decommission('a', 'sold')");
    preview.exec("SELECT registry.forget('a', 'why')");
    preview.exec("SELECT registry.set_retention('attempts', '2 months')");
    preview.exec("SELECT registry.maintain()");
    CHECK(test::shown(preview.exec("SELECT device_id, state FROM registry.devices ORDER BY 1")) ==
          "a|revoked\nb|off");
  }
  CHECK(shown(everything) == before);
}
