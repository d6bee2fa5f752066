#include "configured.hpp"
#include "registry/housekeeping.hpp"

using namespace latchkey;
using registry::DeviceState;
using registry::Outcome;
using namespace test;

namespace {

using Fleet = ConfiguredFleet;

std::string literal(std::string_view json) {
  return "'" + std::string(json) + "'";
}

}  // namespace

TEST_CASE("a config that not every device could read is refused when it is stored", "[config]") {
  Database database;
  database.run("SELECT registry.enroll_group('a', 'token', sha256('a'))", Login::ops);
  std::string deep = "1";
  for (int depth = 0; depth < 9; ++depth)
    deep.insert(0, R"({"a":)").append("}");
  struct Row {
    std::string config;
    std::string_view message;
  };
  const Row rows[] = {
      {"[1]", "a configuration is a JSON object, not array"},
      {"null", "a configuration is a JSON object, not null"},
      {R"({"a":")" + std::string(3072, 'x') + R"("})", "the configuration has 3081 bytes"},
      {deep, "the configuration is nested too deeply"},
      {R"({"a":[9007199254740992]})", "the configuration has a number beyond 2^53-1"},
      {R"({"a":{"b":["${serial}"]}})", "the configuration has the unknown placeholder ${serial}"},
      {R"({"a":"x${attribute.Model}"})", "the configuration has the unknown placeholder ${attribute.Model}"},
      {R"({"a":"${}"})", "the configuration has the unknown placeholder ${}"},
  };
  for (const auto& row : rows)
    for (const std::string call : {"set_fleet_config(", "set_group_config('a', "}) {
      CAPTURE(row.config);
      const auto refusal =
          database.refusal("SELECT registry." + call + literal(row.config) + ", 'why')", Login::ops);
      CHECK(refusal.state == "22023");
      CHECK(refusal.message == row.message);
      CHECK_FALSE(refusal.hint.empty());
    }
  for (const std::string_view fits :
       {R"({"a":"${device_id}${attribute.model_2}$ {x} ${"})", R"({"${key}":1})"})
    database.run("SELECT registry.set_fleet_config(" + literal(fits) + ", 'why')", Login::ops);
}

TEST_CASE("nobody configures a group or a device that there is not", "[config]") {
  Database database;
  for (const std::string call : {"set_group_config('x', '{}', 'why')", "set_device_config('x', '{}', 'why')",
                                 "set_group_endpoint('x', 'host', reason => 'why')"}) {
    const auto refusal = database.refusal("SELECT registry." + call, Login::ops);
    CHECK(refusal.state == "P0002");
    CHECK_FALSE(refusal.hint.empty());
  }
}

TEST_CASE_METHOD(Fleet, "a device's config goes over its group's and that over the fleet's", "[config]") {
  set(R"(fleet_config('{"a":1,"b":{"x":1,"y":1},"c":1}'))");
  set(R"(group_config('a', '{"b":{"x":2},"c":null}'))");
  set(R"(device_config('a1', '{"b":{"y":3}}'))");
  CHECK(config_of("a1") == R"({"a":1,"b":{"x":2,"y":3}})");
  CHECK(config_of("a2") == R"({"a":1,"b":{"x":2,"y":1}})");
  CHECK(config_of("b1") == R"({"a":1,"b":{"x":1,"y":1},"c":1})");
  CHECK(database.shown("SELECT level, of, config, changes FROM registry.show_configs() ORDER BY 1, 2",
                       Login::ops) ==
        "device|a1|{\"b\": {\"y\": 3}}|2\nfleet|-|{\"a\": 1, \"b\": {\"x\": 1, \"y\": 1}, \"c\": 1}|1\n"
        "group|a|{\"b\": {\"x\": 2}, \"c\": null}|1\ngroup|b|{}|0");
  CHECK(database.shown("SELECT level FROM registry.show_configs('a1')", Login::ops) == "device");
  CHECK(database.shown("SELECT level FROM registry.show_configs('a2')", Login::ops).empty());
}

TEST_CASE_METHOD(Fleet, "a version grows where what there is to apply changed, and nowhere else",
                 "[config]") {
  CHECK(database.shown(versions) == "a1|1\na2|1\nb1|1");
  set(R"(device_config('a1', '{"interval":5}'))");
  CHECK(database.shown(versions) == "a1|2\na2|1\nb1|1");
  set(R"(group_config('a', '{"interval":60}'))");  // a1 has its own
  CHECK(database.shown(versions) == "a1|2\na2|2\nb1|1");
  set(R"(fleet_config('{"interval":600}'))");
  CHECK(database.shown(versions) == "a1|2\na2|2\nb1|2");
  set(R"(fleet_config('{"interval":600}'))");  // the same
  CHECK(database.shown(versions) == "a1|2\na2|2\nb1|2");
  set("device_config('a1', '{}')");
  CHECK(database.shown(versions) == "a1|3\na2|2\nb1|2");
  CHECK(database.shown(behind).empty());
  CHECK(database.shown("SELECT count(*) FROM registry.config_due, registry.config_change") == "0");
}

TEST_CASE_METHOD(Fleet, "an endpoint is the group's, else the fleet's", "[config]") {
  set("fleet_endpoint('mqtt.example', 8884)");
  set("group_endpoint('a', '10.0.0.1', tls => false)");
  CHECK(load_status(registry, "a1").enrolment->endpoint ==
        R"({"tls": false, "host": "10.0.0.1", "port": 8883})");
  CHECK(load_status(registry, "b1").enrolment->endpoint ==
        R"({"tls": true, "host": "mqtt.example", "port": 8884})");
  set("group_endpoint('a', NULL)");
  CHECK(load_status(registry, "a1").enrolment->endpoint == load_status(registry, "b1").enrolment->endpoint);
  for (const std::string wrong :
       {"'mqtts://host'", "'host', 0", "'host', ca => 'x'",
        "'host', ca => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'"}) {
    const auto refusal =
        database.refusal("SELECT registry.set_fleet_endpoint(" + wrong + ", reason => 'why')", Login::ops);
    CHECK(refusal.state == "22023");
    CHECK_FALSE(refusal.hint.empty());
  }
}

TEST_CASE_METHOD(Fleet, "acknowledging a version takes its endpoint along", "[config]") {
  connect("a1");
  database.run(
      "UPDATE registry.device SET endpoint = sha256('new'), config_version = 2 WHERE device_id = 'a1'");
  const auto given = [&] {
    return database.shown("SELECT endpoint_given = endpoint FROM registry.device WHERE device_id = 'a1'");
  };
  CHECK(commit_one(registry, test::ready({"a1", DeviceState::connected, DeviceState::connected}, 1)) ==
        Outcome::won);
  CHECK(given() == "-");
  CHECK(commit_one(registry, test::ready({"a1", DeviceState::connected, DeviceState::ready}, 2)) ==
        Outcome::won);
  CHECK(given() == "t");
}

TEST_CASE_METHOD(Fleet, "whom the broker keeps from getting something is listed until it gets it",
                 "[config]") {
  const auto note = [&](const std::string& device, const std::string& what) {
    const registry::Undelivered message{device, what};
    return record_undelivered(registry, std::span(&message, 1)).has_value();
  };
  const auto stuck = [&] {
    return database.shown("SELECT device_id, problem FROM registry.stuck_devices ORDER BY 1, 2",
                          Login::reader);
  };
  CHECK(note("a1", "4200 bytes to devices/a1/config: too \"large\""));
  CHECK(note("nobody", "5 bytes"));
  CHECK(stuck() ==
        "a1|the broker does not take what it is sent: 4200 bytes to devices/a1/config: too \"large\"");
  // A credential that arrives ends it ...
  const registry::Sent sent{"a1", 1};
  CHECK(mark_sent(registry, std::span(&sent, 1)));
  CHECK(stuck().empty());
  // ... and so does being ready.
  connect("a1");
  CHECK(commit_one(registry, test::ready({"a1", DeviceState::connected, DeviceState::ready}, 1)) ==
        Outcome::won);
  CHECK(note("a1", "5 bytes"));
  CHECK(commit_one(registry, test::ready({"a1", DeviceState::ready, DeviceState::ready}, 1)) == Outcome::won);
  CHECK(stuck().empty());
  // What is told late, after the device has got on, does not list it.
  const registry::Undelivered late{"a1", "5 bytes", std::chrono::seconds(5)};
  CHECK(record_undelivered(registry, std::span(&late, 1)));
  CHECK(stuck().empty());
  // Who asks no more is not listed for ever.
  CHECK(note("a1", "5 bytes"));
  database.run("UPDATE registry.device SET undelivered_at = now() - interval '25 hours'");
  CHECK(stuck().empty());
  CHECK(note("a1", "5 bytes"));
  CHECK(stuck() == "a1|the broker does not take what it is sent: 5 bytes");
}

TEST_CASE_METHOD(Fleet, "who does not get on is listed with the reason", "[config]") {
  connect("a1");
  const auto stuck = [&] {
    return database.shown("SELECT device_id, problem FROM registry.stuck_devices ORDER BY 1, 2",
                          Login::reader);
  };
  CHECK(stuck().empty());
  CHECK(commit_one(registry, test::failed({"a1", DeviceState::connected, DeviceState::connected}, "no_flash",
                                          "no room")) == Outcome::won);
  database.run(
      "UPDATE registry.device SET config_fault = '${attribute.x} has no value' WHERE device_id = "
      "'a2'");
  CHECK(stuck() ==
        "a1|the device failed: no_flash: no room\n"
        "a2|its configuration cannot be sent: ${attribute.x} has no value");
  database.run(
      "UPDATE registry.device SET config_fault = NULL, failure = NULL, registered_at = now() - interval '11 "
      "minutes', connected_at = connected_at - interval '11 minutes'");
  CHECK(stuck() ==
        "a1|connected, and is not ready\na2|its credential was not sent\nb1|its credential was not sent");
  database.run(
      "UPDATE registry.device SET state = 'ready', config_version = 2, config_changed_at = now() - interval "
      "'11 minutes'");
  CHECK(stuck() == "a1|did not acknowledge configuration 2");
  database.run("UPDATE registry.device SET applied_config_version = 2");
  CHECK(stuck().empty());
}
