#include "crypto/mac.hpp"
#include "database.hpp"
#include "registry/configs.hpp"
#include "registry/housekeeping.hpp"
#include "registry/statuses.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <thread>

using namespace latchkey;
using registry::DeviceState;
using registry::Outcome;
using registry::Registry;
using test::commit_one;
using test::connected;
using test::Database;
using test::load_status;
using test::Login;

namespace {

constexpr const char* versions = "SELECT device_id, config_version FROM registry.devices ORDER BY 1";
constexpr const char* behind = R"(
SELECT d.device_id FROM registry.device d CROSS JOIN registry.fleet_config f
  LEFT JOIN registry.enrollment_group g ON g.name = d.group_name LEFT JOIN registry.device_config x USING (device_id)
  LEFT JOIN registry.enrollment e USING (device_id)
  WHERE d.config_layers IS DISTINCT FROM f.changes + coalesce(g.config_changes, 0) + coalesce(x.changes, (e.config <> '{}')::int, 0))";

/// Works a device's configuration out as the service does: another one is another version.
std::optional<registry::Configured> worked_out(const registry::StatusFacts& facts) {
  registry::Configured now = facts.device->configured;
  now.layers = facts.enrolment->layers;
  now.digest = crypto::sha256(crypto::as_bytes(facts.enrolment->config));
  if (facts.device->configured.digest && facts.device->configured.digest != now.digest) ++now.version;
  if (now == facts.device->configured) return std::nullopt;
  return now;
}

/// One step of what the service does about changes; false when there was nothing. A failure is no answer.
bool step(Registry& registry) {
  const auto due = claim_configs(registry);
  if (!due) return true;
  if (due->empty()) return walk_config_change(registry).value_or(true);
  std::vector<registry::StatusKey> keys;
  for (const auto& id : *due)
    keys.push_back({id, {}});
  const auto loaded = load_statuses(registry, keys);
  if (!loaded) return true;
  std::vector<registry::DecidedConfig> rows;
  for (std::size_t i = 0; i < due->size(); ++i) {
    const auto& facts = loaded->facts[i];
    rows.push_back({(*due)[i], facts.session, false, facts.device->configured, worked_out(facts)});
  }
  (void)commit_configs(registry, rows);
  return true;
}

void work_out_all(Registry& registry) {
  while (step(registry)) {
  }
}

std::string literal(std::string_view json) {
  return "'" + std::string(json) + "'";
}

/// Two groups with devices a1, a2 and b1, worked out.
struct Fleet {
  Fleet() {
    for (const std::string group : {"a", "b"})
      database.run("SELECT registry.enroll_group('" + group + "', 'token', sha256('" + group + "'))",
                   Login::ops);
    for (const std::string device : {"a1", "a2", "b1"})
      CHECK(commit_one(registry, test::accepted({.device = device, .group = device.substr(0, 1)})) ==
            Outcome::won);
    database.run("INSERT INTO registry.config_due SELECT device_id FROM registry.device");
    work_out_all(registry);
  }

  void set(const std::string& call) {
    set_and_wait(call);
    work_out_all(registry);
  }
  void set_and_wait(std::string call) {
    call.insert(call.size() - 1, ", reason => 'why'");
    database.run("SELECT registry.set_" + call, Login::ops);
  }
  std::string config_of(const std::string& device) { return load_status(registry, device).enrolment->config; }
  void connect(const std::string& device) {
    CHECK(commit_one(registry, connected({device, DeviceState::registered, DeviceState::connected})) ==
          Outcome::won);
  }

  Database database;
  Registry registry = database.registry();
};

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

TEST_CASE_METHOD(Fleet, "a change of a large group goes through it step by step", "[config]") {
  database.run(
      "INSERT INTO registry.device (device_id, group_name, enrolled_by, state, generation) "
      "SELECT 'b-' || n, 'b', 'group:b', 'registered', 1 FROM generate_series(1, 2500) n");
  set_and_wait(R"(group_config('b', '{"x":1}'))");
  for (int n = 0; n < 4; ++n)  // three steps find nobody online
    CHECK(walk_config_change(registry).value());
  CHECK(database.shown("SELECT count(*) FROM registry.config_due") == "1000");
  CHECK(claim_configs(registry).value().size() == 64);
  work_out_all(registry);
  database.run("UPDATE registry.config_due SET due_at = now()");  // those that were only claimed
  work_out_all(registry);
  CHECK(database.shown("SELECT count(*) FROM registry.device WHERE config_layers = 1") == "2501");
  CHECK(database.shown(behind).empty());
}

TEST_CASE_METHOD(Fleet, "a change reaches the devices that are online before all others", "[config]") {
  database.run(
      "INSERT INTO registry.device (device_id, group_name, enrolled_by, state, generation) "
      "SELECT 'a-' || n, 'a', 'group:a', 'registered', 1 FROM generate_series(1, 12000) n;"
      "INSERT INTO registry.presence (device_id, session, generation, online, last_seen_at) "
      "SELECT device_id, 's', 1, false, now() FROM registry.device WHERE device_id <> 'b1'");
  connect("b1");
  const std::string call = GENERATE(R"(fleet_config('{"x":1}'))", R"(group_config('b', '{"x":1}'))");
  set_and_wait(call);
  set_and_wait(R"(group_config('a', '{"y":1}'))");
  const auto due = [&] { return database.shown("SELECT device_id FROM registry.config_due"); };
  while (due().empty())
    REQUIRE(walk_config_change(registry).value());
  CHECK(due() == "b1");
  work_out_all(registry);
  CHECK(database.shown(behind).empty());
  CHECK(database.shown("SELECT count(*) FROM registry.config_change") == "0");
}

TEST_CASE_METHOD(Fleet, "whoever claims a device has it alone, and for a while", "[config]") {
  set_and_wait(R"(device_config('a1', '{"x":1}'))");
  auto other = database.registry();
  CHECK(claim_configs(registry).value().size() == 1);
  CHECK(claim_configs(other).value().empty());
  for (int tries = 1; tries < 6; ++tries) {
    database.run("UPDATE registry.config_due SET due_at = now()");
    CHECK(claim_configs(other).value().size() == 1);
  }
  // Nobody sends it for ever to a device that does not acknowledge it.
  database.run("UPDATE registry.config_due SET due_at = now()");
  CHECK(claim_configs(other).value().empty());
  CHECK(database.shown("SELECT count(*) FROM registry.config_due") == "0");
}

TEST_CASE_METHOD(Fleet, "a change that comes while the one before is worked out is not lost", "[config]") {
  set_and_wait(R"(device_config('a1', '{"x":1}'))");
  const auto due = claim_configs(registry).value();
  REQUIRE(due.size() == 1);
  const auto facts = load_status(registry, "a1");
  set_and_wait(R"(device_config('a1', '{"x":2}'))");
  const registry::DecidedConfig row{due[0], "", false, facts.device->configured, worked_out(facts)};
  CHECK(commit_configs(registry, std::span(&row, 1)).value().at(0) == Outcome::won);
  CHECK(database.shown(behind) == "a1");
  work_out_all(registry);
  CHECK(database.shown(behind).empty());
  CHECK(database.shown(versions) == "a1|3\na2|1\nb1|1");
}

TEST_CASE_METHOD(Fleet, "who connects while the configuration changes is told the new one", "[config]") {
  const auto facts = load_status(registry, "a1", 1);
  auto row = connected({"a1", DeviceState::registered, DeviceState::connected});
  row.configured_before = facts.device->configured;
  set(R"(device_config('a1', '{"x":1}'))");
  CHECK(commit_one(registry, row) == Outcome::again);
  row.configured_before = load_status(registry, "a1", 1).device->configured;
  CHECK(commit_one(registry, row) == Outcome::won);
}

TEST_CASE_METHOD(Fleet, "what was worked out for a session that is over is worked out again", "[config]") {
  set_and_wait(R"(device_config('a1', '{"x":1}'))");
  const auto due = claim_configs(registry).value();
  REQUIRE(due.size() == 1);
  const auto facts = load_status(registry, "a1");
  connect("a1");
  const registry::DecidedConfig row{due[0], facts.session, false, facts.device->configured,
                                    worked_out(facts)};
  CHECK(commit_configs(registry, std::span(&row, 1)).value().at(0) == Outcome::again);
  CHECK(claim_configs(registry).value().size() == 1);
}

TEST_CASE_METHOD(Fleet, "a new credential does not take back a version", "[config]") {
  const auto facts = load_status(registry, "a1", 1);
  auto row = test::accepted(
      {.device = "a1", .request = "second", .expected = 1, .to_registered = false, .group = "a"});
  row.registration->configured_before = facts.device->configured;
  row.registration->configured = facts.device->configured;
  set(R"(device_config('a1', '{"x":1}'))");
  CHECK(commit_one(registry, row) == Outcome::again);
  CHECK(database.shown(versions) == "a1|2\na2|1\nb1|1");
}

TEST_CASE_METHOD(Fleet, "versions only grow, whoever changes and works out at the same time", "[config]") {
  std::atomic<bool> over = false;
  std::atomic<int> shrunk = 0;
  {
    std::vector<std::jthread> replicas;
    for (int i = 0; i < 2; ++i)
      replicas.emplace_back([&, own = database.registry()]() mutable {
        while (!over)
          step(own);
      });
    std::jthread watcher([&] {
      auto own = database.connect(Login::superuser);
      std::int64_t last = 0;
      while (!over) {
        pqxx::nontransaction look(*own);
        const auto sum =
            look.exec("SELECT sum(config_version) FROM registry.device")[0][0].as<std::int64_t>();
        if (sum < last) ++shrunk;
        last = sum;
      }
    });
    for (int n = 1; n <= 40; ++n) {
      const std::string config = "'{\"n\":" + std::to_string(n) + "}'";
      set_and_wait(n % 3 == 0   ? "fleet_config(" + config + ")"
                   : n % 3 == 1 ? "group_config('a', " + config + ")"
                                : "device_config('b1', " + config + ")");
    }
    over = true;
  }
  work_out_all(registry);
  CHECK(shrunk == 0);
  CHECK(database.shown(behind).empty());
  CHECK(config_of("a1") == R"({"n":40})");
  CHECK(config_of("b1") == R"({"n":38})");
  CHECK(database.shown("SELECT count(*) FROM registry.config_change") == "0");
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
