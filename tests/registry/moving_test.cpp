#include "operated.hpp"

using namespace latchkey;
using namespace latchkey::test;

// An operator moves a device to another group.
namespace {

/// `a` has a token of its own and is in `old`, which like `new` gives tokens too.
struct Moved : Operated {
  Moved() {
    CHECK(act("enroll_group('old', 'token', NULL)").empty());
    CHECK(act("enroll_group('new', 'token', NULL)").empty());
    CHECK(act("enroll_device('a', 'token', sha256('its own'), 'old')").empty());
  }
  std::string group_of(const std::string& device) {
    return shown("SELECT group_name FROM registry.devices WHERE device_id = '" + device + "'");
  }
  /// Registers it by its own token.
  void register_a() {
    REQUIRE(join("its own", "a") == registry::Outcome::won);
    database.run(
        "UPDATE registry.device SET enrolled_by = 'device', group_name = 'old' WHERE device_id = 'a'");
  }
};

}  // namespace

TEST_CASE_METHOD(Moved, "a device with a proof of its own moves, before and after it registers", "[moving]") {
  CHECK(shown("SELECT * FROM registry.move_device('a', 'new', 'pilot')") == "a|old|new");
  CHECK(group_of("a") == "new");
  CHECK(act("move_device('a', NULL, 'nobody''s')").empty());
  CHECK(group_of("a") == "-");
  CHECK(act("move_device('a', 'old', 'back')").empty());
  register_a();
  CHECK(shown("SELECT * FROM registry.move_device('a', 'new', 'pilot')") == "a|old|new");
  CHECK(group_of("a") == "new");
  CHECK(facts_of("its own", "a").enrolment->group == "new");
  CHECK(shown("SELECT count(*) FROM registry.events WHERE action = 'move_device'") == "4");
  CHECK(shown("SELECT group_name, reason FROM registry.events WHERE action = 'move_device' "
              "ORDER BY event_id DESC LIMIT 1") == "new|pilot; from the group old to the group new");
}

TEST_CASE_METHOD(Moved, "its configuration and rights are worked out again", "[moving]") {
  register_a();
  database.run(
      "UPDATE registry.device SET config_layers = 0 WHERE device_id = 'a'; DELETE FROM registry.config_due; "
      "INSERT INTO registry.rights_entry (device_id, group_name, version, untold) VALUES ('a', 'old', 0, "
      "false)");
  CHECK(act("move_device('a', 'new', 'pilot')").empty());
  CHECK(database.shown("SELECT config_layers FROM registry.device WHERE device_id = 'a'") == "-");
  CHECK(database.shown("SELECT device_id FROM registry.config_due") == "a");
  CHECK(database.shown("SELECT group_name, untold, version > 0 FROM registry.rights_entry") == "new|t|t");
}

TEST_CASE_METHOD(Moved, "where it is already is no event", "[moving]") {
  CHECK(shown("SELECT * FROM registry.move_device('a', 'old', 'why')") == "a|old|old");
  CHECK(shown("SELECT count(*) FROM registry.events WHERE action = 'move_device'") == "0");
}

TEST_CASE_METHOD(Moved, "what cannot work is refused, and says what does", "[moving]") {
  register_devices(registry, {"b"});
  database.run(
      "UPDATE registry.device SET group_name = 'old', enrolled_by = 'group:old' WHERE device_id = 'b'");
  CHECK(act("enroll_device('c', 'group', NULL, 'old')").empty());
  check_refused({"move_device('nobody', 'new', 'why')", "P0002", "no device nobody"});
  check_refused({"move_device('a', 'none', 'why')", "23503", "no group none"});
  check_refused({"move_device('a', 'new', ' ')", "22023", "needs a reason"});
  check_refused({"move_device('b', 'new', 'why')", "55000", "proves itself by its group, old"});
  check_refused({"move_device('c', 'new', 'why')", "55000", "proves itself by its group, old"});
  register_a();
  CHECK(act(R"(set_group_policy('new', '{"credential_types": ["password"]}', 'why'))").empty());
  check_refused({"move_device('a', 'new', 'why')", "55000", "which the group new does not give"});
  CHECK(shown("SELECT device_id, outcome, refusal, new_group FROM "
              "registry.move_devices('{b,a,nobody,a}', 'old', 'why')") ==
        "a|done|-|old\nb|refused|the device b proves itself by its group, old|-\nnobody|refused|there is no "
        "device nobody|-");
}
