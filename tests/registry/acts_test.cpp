#include "operated.hpp"

using namespace latchkey;
using test::Login;
using test::Operated;

namespace {

struct Act {
  std::string name;
  std::string arguments;  ///< all but the reason
};

/// Every act that says why it was done.
const std::vector<Act> acts = {
    {"suspend", "'a'"},
    {"resume", "'a'"},
    {"revoke", "'a'"},
    {"reset", "'a'"},
    {"decommission", "'a'"},
    {"forget", "'a'"},
    {"approve", "'a'"},
    {"reject", "'a'"},
    {"disable_device", "'a'"},
    {"enable_device", "'a'"},
    {"disable_group", "'g'"},
    {"enable_group", "'g'"},
    {"end_token", "'0123456789abcdef'"},
    {"set_fleet_config", "config => '{}'"},
    {"set_group_config", "'g', config => '{}'"},
    {"set_device_config", "'a', config => '{}'"},
    {"set_fleet_endpoint", "'host'"},
    {"set_group_endpoint", "'g', 'host'"},
    {"set_fleet_rights", "'{}'"},
    {"set_group_rights", "'g', '{}'"},
    {"set_group_policy", "'g', '{}'"},
    {"suspend_devices", "'{a}'"},
    {"resume_devices", "'{a}'"},
    {"revoke_devices", "'{a}'"},
    {"reset_devices", "'{a}'"},
    {"decommission_devices", "'{a}'"},
    {"set_device_configs", "'{a}', '{}'"},
    {"approve_devices", "'{a}'"},
    {"reject_devices", "'{a}'"},
    {"forget_devices", "'{a}'"},
    {"move_device", "'a', 'g'"},
    {"move_devices", "'{a}', 'g'"},
    {"set_labels", "'a', '{\"k\": \"v\"}'"},
    {"set_device_labels", "'{a}', '{\"k\": \"v\"}'"},
    {"restored", ""},
};

}  // namespace

TEST_CASE_METHOD(Operated, "an act without a reason is refused, and the hint says how to give one",
                 "[acts]") {
  act("enroll_group('g', 'token', NULL)");
  test::register_devices(registry, {"a"});
  const std::string before = shown("SELECT count(*) FROM registry.events");
  for (const auto& [name, arguments] : acts)
    for (const std::string reason : {"", "reason => NULL", "reason => ''", "reason => E' \\t\\n'"}) {
      const std::string separator = arguments.empty() || reason.empty() ? "" : ", ";
      CAPTURE(name, reason);
      const auto refusal = database.refusal(
          "SELECT registry." + name + "(" + arguments + separator + reason + ")", Login::ops);
      CHECK(refusal.state == "22023");
      CHECK(refusal.message == name + " needs a reason");
      CHECK(refusal.hint.contains("reason => "));
    }
  CHECK(shown("SELECT count(*) FROM registry.events") == before);
}

TEST_CASE_METHOD(Operated, "every function that takes a reason is among those that need one", "[acts]") {
  std::string names;
  for (const auto& [name, arguments] : acts)
    names += (names.empty() ? "'" : ", '") + name + "'";
  CHECK(database
            .shown("SELECT proname FROM pg_proc WHERE pronamespace = 'registry'::regnamespace AND "
                   "'reason' = ANY (proargnames) AND has_function_privilege('latchkey_ops', oid, 'EXECUTE') "
                   "AND NOT has_function_privilege('latchkey_service', oid, 'EXECUTE') "
                   "AND proname <> 'enroll_devices' AND proname NOT IN (" +
                   names + ")")
            .empty());
}

TEST_CASE_METHOD(Operated, "an act on a device returns what it did", "[acts]") {
  test::register_devices(registry, {"a"});
  act("enroll_device('never-seen', 'symmetric_key', '\\x01' || sha512('\\x00'))");
  const auto row = [&](const std::string& call) { return shown("SELECT * FROM registry." + call); };
  CHECK(row("suspend('a', 'lost')") == "a|registered|suspended|0");
  CHECK(row("resume('a', 'found')") == "a|suspended|registered|0");
  CHECK(row("revoke('a', 'stolen')") == "a|registered|revoked|1");
  CHECK(row("reset('a', 'found')") == "a|revoked|off|0");
  CHECK(row("decommission('a', 'sold')") == "a|off|revoked|0");
  CHECK(row("forget('a', 'sold')") == "a|1|f");
  CHECK(row("decommission('never-seen', 'sold')") == "never-seen|off|revoked|0");
  CHECK(row("forget('never-seen', 'sold')") == "never-seen|0|t");
  CHECK(database.run("SELECT * FROM registry.reset('a', 'again')", Login::ops).column_name(3) ==
        std::string("credentials_ended"));
}

TEST_CASE_METHOD(Operated, "an act on a group, a token or a setting returns what was and what is", "[acts]") {
  const auto row = [&](const std::string& call) { return shown("SELECT * FROM registry." + call); };
  CHECK(row("enroll_group('g', 'token', NULL, max_devices => 5)") == "g|token|5|automatic");
  CHECK(row("enroll_device('a', 'group', group_name => 'g')") == "a|group|g");
  CHECK(row("disable_group('g', 'leaked')") == "g|enabled|disabled");
  CHECK(row("enable_group('g', 'renewed')") == "g|disabled|enabled");
  CHECK(row("disable_device('a', 'lost')") == "a|enabled|disabled");
  CHECK(row("enable_device('a', 'found')") == "a|disabled|enabled");
  CHECK(row("set_group_policy('g', '{\"max_devices\": 9, \"lifetime_s\": 600}', 'grown')") ==
        "g|{\"lifetime_s\": 7776000, \"max_devices\": 5}|{\"lifetime_s\": 600, \"max_devices\": 9}");
  CHECK(row("set_fleet_config('{\"x\": 1}', 'why')") == "{}|{\"x\": 1}");
  CHECK(row("set_group_config('g', '{\"x\": 2}', 'why')") == "g|{}|{\"x\": 2}");
  CHECK(row("set_device_config('a', '{\"x\": 3}', 'why')") == "a|{}|{\"x\": 3}");
  CHECK(row("set_device_config('a', '{}', 'why')") == "a|{\"x\": 3}|{}");
  CHECK(row("set_group_endpoint('g', 'host', reason => 'why')") ==
        "g|-|{\"tls\": true, \"host\": \"host\", \"port\": 8883}");
  CHECK(row("set_retention('attempts', '2 months')") == "attempts|1 year 1 mon|2 mons");
  shown("SELECT registry.create_token('g', 2, '1 day')");
  CHECK(shown("SELECT e.group_name, e.used, e.uses FROM registry.tokens t, registry.end_token(t.token_id, "
              "'over') e") == "g|0|2");
}

TEST_CASE_METHOD(Operated, "an enrolment that a registered device would not follow is refused", "[acts]") {
  act("enroll_group('a-group', 'token', NULL)");
  act("enroll_group('other', 'token', NULL)");
  const std::string token = this->token("'a-group', NULL, '1 day'");
  REQUIRE(join(token, "d") == registry::Outcome::won);
  check_refused(
      {"enroll_device('d', 'group', group_name => 'other')", "55000", "registered by the group a-group"});
  check_refused(
      {"enroll_device('d', 'token', sha256('its own'))", "55000", "registered by the group a-group"});
  CHECK(shown("SELECT outcome, reason FROM registry.enroll_devices('[{\"device_id\": \"d\", \"proof\": "
              "\"group\", \"group\": \"other\"}]')") ==
        "refused|it is registered by the group a-group: reset it first");
  CHECK(act("enroll_device('d', 'group', group_name => 'a-group')").empty());
  check_refused({"enroll_device('d', 'group', group_name => 'other')", "23505", "enrolled already"});
}

TEST_CASE_METHOD(Operated, "a device that was reset or revoked takes any enrolment", "[acts]") {
  act("enroll_group('a-group', 'token', NULL)");
  const std::string token = this->token("'a-group', NULL, '1 day'");
  REQUIRE(join(token, "reset") == registry::Outcome::won);
  REQUIRE(join(token, "revoked") == registry::Outcome::won);
  act("reset('reset', 'it moves')");
  act("revoke('revoked', 'it moves')");
  CHECK(act("enroll_device('reset', 'token', sha256('one'))").empty());
  CHECK(act("enroll_device('revoked', 'token', sha256('other'))").empty());
}
