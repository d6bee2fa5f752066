#include "operated.hpp"
#include "protocol/topics.hpp"
#include "registry/broker_access.hpp"
#include "registry/housekeeping.hpp"

using namespace latchkey;
using registry::DeviceState;
using registry::GateAccess;
using test::commit_one;
using test::load_status;
using test::Login;

namespace {

struct Rights : test::Operated {
  Rights() {
    for (const std::string group : {"a", "b"})
      REQUIRE(act("enroll_group('" + group + "', 'token', sha256('" + group + "'))").empty());
  }
  void set(const std::string& what, const std::string& rights) {
    REQUIRE(act("set_" + what + rights + ", 'why')").empty());
  }
  void fleet(const std::string& rights) { set("fleet_rights(", rights); }
  void group(const std::string& name, const std::string& rights) {
    set("group_rights('" + name + "', ", rights);
  }
  /// Registers, or registers again, in a group.
  void registers(const std::string& device, const std::string& in,
                 std::optional<std::int64_t> expected = {}) {
    const auto request = "request " + std::to_string(expected.value_or(0));
    REQUIRE(commit_one(
                registry,
                test::accepted({.device = device, .request = request, .expected = expected, .group = in})) ==
            registry::Outcome::won);
  }
  GateAccess load(const registry::GateQuery& query) {
    auto loaded = load_gate_access(registry, query);
    INFO((loaded ? "" : loaded.error().what));
    REQUIRE(loaded);
    return *std::move(loaded);
  }
  GateAccess untold() { return load({.ids = {}, .untold = 100, .after = {}, .page = 0}); }
  void note(const std::vector<std::string>& ids) { REQUIRE(note_rights(registry, ids)); }
  void tell_all() {
    std::vector<registry::ToldRights> told;
    const auto access = untold();
    for (const auto& set : access.sets)
      told.push_back({std::nullopt, set.group, set.version});
    for (const auto& entry : access.entries)
      if (entry.rights) told.push_back({entry.device_id, std::nullopt, entry.rights->version});
    REQUIRE(rights_told(registry, told));
  }
  bool is_told(const std::string& device) { return load_status(registry, device).rights_told; }
  std::string rights_of(const std::string& device) {
    return load_status(registry, device).enrolment->rights.value_or("never set");
  }
};

std::string groups_of(const GateAccess& access) {
  std::string groups;
  for (const auto& set : access.sets)
    groups += "[" + set.group + "]";
  return groups;
}

constexpr const char* plant = R"('{"publish": ["plant/${device_id}/#"]}')";

}  // namespace

TEST_CASE_METHOD(Rights, "a group's rights replace the fleet's, and null takes the fleet's again",
                 "[rights]") {
  registers("a1", "a");
  registers("b1", "b");
  CHECK(rights_of("a1") == "never set");
  fleet(R"('{"publish": ["plant/${device_id}/#"], "shared": {"subscribe": ["plant/all"]}}')");
  group("a", R"('{"subscribe": ["groups/${group}/${device_id}/x"]}')");
  CHECK(rights_of("a1") == R"({"publish": [], "subscribe": ["groups/a/${device_id}/x"]})");
  CHECK(rights_of("b1") == R"({"publish": ["plant/${device_id}/#"], "subscribe": ["plant/all"]})");
  const char* const view = "SELECT device_id, source, publish, subscribe FROM registry.rights ORDER BY 1";
  CHECK(shown(view) == "a1|group|{}|{groups/a/a1/x}\nb1|fleet|{plant/b1/#}|{plant/all}");
  group("a", "NULL");
  CHECK(shown(view) == "a1|fleet|{plant/a1/#}|{plant/all}\nb1|fleet|{plant/b1/#}|{plant/all}");
  fleet("NULL");
  CHECK(rights_of("a1").empty());
  CHECK(shown(view) == "a1|-|{}|{}\nb1|-|{}|{}");
  CHECK(
      shown(
          "SELECT action, group_name, reason FROM registry.events WHERE action LIKE '%rights' ORDER BY at") ==
      "set_fleet_rights|-|why\nset_group_rights|a|why\nset_group_rights|a|why\nset_fleet_rights|-|why");
}

TEST_CASE_METHOD(Rights, "a template with the group gives a device without one nothing", "[rights]") {
  fleet(R"('{"publish": ["groups/${group}/${device_id}/#", "plant/${device_id}"]}')");
  REQUIRE(act("enroll_device('alone', 'token', sha256('t'))").empty());
  CHECK(shown("SELECT publish FROM registry.rights WHERE device_id = 'alone'") == "{plant/alone}");
}

TEST_CASE_METHOD(Rights, "a group that is enrolled later has the fleet's rights", "[rights]") {
  fleet(plant);
  REQUIRE(act("enroll_group('c', 'token', NULL)").empty());
  registers("c1", "c");
  CHECK(rights_of("c1") == R"({"publish": ["plant/${device_id}/#"], "subscribe": []})");
}

TEST_CASE_METHOD(Rights,
                 "a right that is no template, or reaches the protocol's topics, is refused with a hint",
                 "[rights]") {
  const auto refused = [&](const std::string& rights, const std::string& message) {
    CAPTURE(rights);
    check_refused({"set_fleet_rights('" + rights + "', 'why')", "22023", message});
    check_refused({"set_group_rights('a', '" + rights + "', 'why')", "22023", message});
  };
  for (const char* const text :
       {"", "/p/${device_id}", "p//${device_id}", "p/${device_id}/", "p/#/${device_id}", "p/x+/${device_id}",
        "p/${device_id}x", "$SYS/${device_id}", "$share/g/${device_id}", "p /${device_id}",
        "p/${attribute.site}/${device_id}", "p/\\u00fc/${device_id}", "p/\\n/${device_id}"})
    refused(R"({"publish": [")" + std::string(text) + "\"]}", "is no topic template");
  for (const char* const text : {"#", "+/${device_id}", "${device_id}/x", "${group}/${device_id}/status",
                                 "devices/${device_id}", "provisioning/+/${device_id}", "devices"})
    for (const char* const direction : {R"({"subscribe": [")", R"({"shared": {"publish": [")"}) {
      const std::string begin = direction;
      refused(begin + text + (begin.contains("shared") ? "\"]}}" : "\"]}"), "reaches topics of the protocol");
    }
  refused(R"({"publish": ["plant/all"]})", "is the same for every device");
  refused(R"({"subscribe": ["plant/+/${group}"]})", "is the same for every device");
  refused("[]", "are JSON objects");
  refused(R"({"shared": []})", "are JSON objects");
  refused(R"({"topics": []})", "no member");
  refused(R"({"shared": {"both": []}})", "no member");
  refused(R"({"publish": "plant/${device_id}"})", "are lists");
  refused(R"({"publish": [1]})", "are lists");
  check_refused({"set_group_rights('none', '{}', 'why')", "P0002", "there is no group none"});
}

TEST_CASE_METHOD(Rights, "rights beyond what a message holds are refused", "[rights]") {
  const auto filled = [](std::size_t bytes) {
    return R"('{"publish": ["p/${device_id}/)" + std::string(bytes - 67, 'x') + R"("]}')";
  };
  fleet(filled(1024));
  check_refused({"set_fleet_rights(" + filled(1025) + ", 'why')", "22023", "have 1025 bytes"});
  std::string many;
  for (int n = 0; n < 33; ++n)
    many += (n == 0 ? "\"" : ",\"") + std::to_string(n) + "/${device_id}\"";
  check_refused({"set_fleet_rights('{\"subscribe\": [" + many + "]}', 'why')", "22023", "more than 32"});
}

TEST_CASE_METHOD(Rights, "no template lets a device use what is another's by some template", "[rights]") {
  fleet(R"('{"publish": ["plant/${device_id}/telemetry/#"]}')");
  for (const char* const text : {"plant/+/${device_id}/x", "plant/all/telemetry/${device_id}",
                                 "plant/${group}/telemetry/${device_id}", "plant/+/+/${device_id}"})
    check_refused({"set_group_rights('a', '{\"subscribe\": [\"" + std::string(text) + "\"]}', 'why')",
                   "22023", "is another's"});
  // Under another literal, under one that no device can be called, or with the id at the same level.
  for (const char* const text :
       {"other/+/${device_id}", "plant/@all/${device_id}", "plant/${device_id}/+", "plant/${device_id}"})
    group("a", R"('{"subscribe": [")" + std::string(text) + "\"]}'");
  // Within one set of rights, and against what another group has.
  check_refused({R"(set_group_rights('a', '{"publish": ["q/${device_id}/x", "q/y/${device_id}"]}', 'why'))",
                 "22023", "is another's"});
  group("a", R"('{"publish": ["q/${device_id}/x"]}')");
  check_refused(
      {R"(set_group_rights('b', '{"publish": ["q/y/${device_id}"]}', 'why'))", "22023", "is another's"});
  group("b", R"('{"shared": {"publish": ["q/y/z"], "subscribe": ["q/+/x"]}}')");
}

TEST_CASE_METHOD(Rights, "roots that were changed bound new rights, and old ones that reach them are named",
                 "[rights]") {
  fleet(plant);
  CHECK(note_roots(registry, protocol::Topics("join", "d")).value().empty());
  CHECK(act(R"(set_fleet_rights('{"publish": ["devices/${device_id}"]}', 'why'))").empty());
  check_refused({R"(set_fleet_rights('{"publish": ["d/${device_id}"]}', 'why'))", "22023", "below d"});
  const auto reached = note_roots(registry, protocol::Topics("join", "devices")).value();
  REQUIRE(reached.size() == 3);
  CHECK(reached[1].group == "a");
  CHECK(reached[1].text == "devices/${device_id}");
}

TEST_CASE_METHOD(Rights, "a change of rights makes each device's configuration due", "[rights]") {
  registers("a1", "a");
  const auto layers = [&] { return load_status(registry, "a1").enrolment->layers; };
  const auto before = layers();
  fleet(plant);
  CHECK(layers() == before + 1);
  group("a", plant);
  CHECK(layers() == before + 2);
  CHECK(database.shown("SELECT string_agg(scope, ',' ORDER BY scope) FROM registry.config_change") == ",a");
}

TEST_CASE_METHOD(Rights, "where no rights were ever set, the gate need not be told any", "[rights]") {
  registers("a1", "a");
  CHECK(is_told("a1"));
  CHECK(untold().sets.empty());
}

TEST_CASE_METHOD(Rights, "a device's rights count as told when the gate knows its set and that it has it",
                 "[rights]") {
  registers("a1", "a");
  fleet(plant);
  CHECK_FALSE(is_told("a1"));
  CHECK(groups_of(untold()) == "[][a][b]");
  tell_all();
  CHECK_FALSE(is_told("a1"));
  note({"a1", "nobody"});
  REQUIRE(untold().entries.size() == 1);
  CHECK(untold().entries[0].rights->group == "a");
  CHECK(untold().entries[0].version == 0);
  tell_all();
  CHECK(is_told("a1"));
  note({"a1"});
  CHECK(untold().entries.empty());
  group("a", R"('{}')");
  CHECK(groups_of(untold()) == "[a]");
  CHECK_FALSE(is_told("a1"));
  tell_all();
  CHECK(is_told("a1"));
}

TEST_CASE_METHOD(Rights, "that an older version was told does not count for a newer one", "[rights]") {
  registers("a1", "a");
  fleet(plant);
  const auto older = untold().sets.front();
  fleet("NULL");
  const registry::ToldRights told{std::nullopt, older.group, older.version};
  REQUIRE(rights_told(registry, std::span(&told, 1)));
  CHECK(groups_of(untold()).starts_with("[]"));
}

TEST_CASE_METHOD(Rights, "a device that registers in another group gets a new version at once", "[rights]") {
  registers("a1", "a");
  fleet(plant);
  note({"a1"});
  tell_all();
  const auto before = load({.ids = {"a1"}, .untold = 0, .after = {}, .page = 0}).entries.front();
  CHECK(act("reset('a1', 'why')").empty());
  registers("a1", "b", 1);
  const auto now = untold().entries;
  const auto found = std::ranges::find(now, "a1", &registry::GateEntry::device_id);
  REQUIRE(found != now.end());
  CHECK(found->rights->group == "b");
  CHECK(found->rights->untold);
  CHECK(found->rights->version > before.rights->version);
}

TEST_CASE_METHOD(Rights, "a page has the devices with access and those with rights, in order", "[rights]") {
  for (const std::string device : {"a1", "a2", "a3"})
    registers(device, "a");
  fleet(plant);
  note({"a1", "a3"});
  CHECK(act("suspend('a2', 'why')").empty());
  const auto first = load({.ids = {}, .untold = 0, .after = "", .page = 2});
  CHECK(groups_of(first) == "[][a][b]");
  REQUIRE(first.entries.size() == 2);
  CHECK((first.entries[0].device_id == "a1" && first.entries[0].rights && first.entries[0].version == 0));
  CHECK((first.entries[1].device_id == "a2" && !first.entries[1].rights && first.entries[1].version > 0));
  const auto second = load({.ids = {}, .untold = 0, .after = "a2", .page = 2});
  REQUIRE(second.entries.size() == 1);
  CHECK(second.entries[0].device_id == "a3");
}

TEST_CASE_METHOD(Rights, "a broker that queries the registry finds the rights beside the protocol's topics",
                 "[rights]") {
  registers("a1", "a");
  fleet(R"('{"publish": ["plant/${device_id}/#"], "shared": {"subscribe": ["all/+"]}}')");
  const char* const acl =
      "SELECT action, topic, retain FROM registry.mqtt_acl WHERE username = 'a1' ORDER BY 1, 2";
  CHECK(database.shown(acl) ==
        "publish|devices/a1/status|0\npublish|plant/a1/#|-\npublish|provisioning/v1/a1/request|0\n"
        "subscribe|all/+|-\nsubscribe|devices/a1/config|-\nsubscribe|provisioning/v1/a1/response|-");
}

TEST_CASE_METHOD(Rights, "two that set rights which collide cannot both succeed", "[rights]") {
  const auto first = database.connect(Login::ops);
  pqxx::work act_of_first(*first);
  act_of_first.exec(R"(SELECT registry.set_group_rights('a', '{"publish": ["q/${device_id}/x"]}', 'why'))");
  const auto refusal = database.refusal(
      R"(SET lock_timeout = '200ms'; SELECT registry.set_group_rights('b', '{"publish": ["q/y/${device_id}"]}', 'why'))",
      Login::ops);
  CHECK(refusal.state == "55P03");
  act_of_first.commit();
}

TEST_CASE_METHOD(Rights, "a group that is enrolled while the fleet's rights are set has the new ones",
                 "[rights]") {
  const std::string enroll = "registry.enroll_group('late', 'token', sha256('late'))";
  const std::string set = "registry.set_fleet_rights('{\"publish\": [\"plant/${device_id}/#\"]}', 'why')";
  const auto first = database.connect(Login::ops);
  {
    pqxx::work sets(*first);
    sets.exec("SELECT " + set);
    CHECK(database.refusal("SET lock_timeout = '200ms'; SELECT " + enroll, Login::ops).state == "55P03");
  }
  {
    pqxx::work enrolls(*first);
    enrolls.exec("SELECT " + enroll);
    CHECK(database.refusal("SET lock_timeout = '200ms'; SELECT " + set, Login::ops).state == "55P03");
    enrolls.commit();
  }
  fleet(plant);
  REQUIRE(act("enroll_group('later', 'token', sha256('later'))").empty());
  CHECK(groups_of(untold()) == "[][a][b][late][later]");
}

TEST_CASE_METHOD(Rights, "groups are enrolled beside each other", "[rights]") {
  const auto first = database.connect(Login::ops);
  pqxx::work enrolls(*first);
  enrolls.exec("SELECT registry.enroll_group('c', 'token', sha256('c'))");
  CHECK(database
            .refusal("SET lock_timeout = '200ms'; SELECT registry.enroll_group('d', 'token', sha256('d'))",
                     Login::ops)
            .message.empty());
}

TEST_CASE_METHOD(Rights, "some untold sets are loaded at a time, and those of the devices that are asked for",
                 "[rights]") {
  registers("b1", "b");
  fleet(plant);
  note({"b1"});
  CHECK(groups_of(load({.ids = {}, .untold = 0, .after = {}, .page = 0})).empty());
  CHECK(groups_of(load({.ids = {"b1"}, .untold = 0, .after = {}, .page = 0})) == "[b]");
  CHECK(groups_of(load({.ids = {}, .untold = 2, .after = {}, .page = 0})) == "[][a][b]");
  tell_all();
  CHECK(groups_of(load({.ids = {"b1"}, .untold = 10, .after = {}, .page = 0})).empty());
}
