#include "configured.hpp"

#include <atomic>
#include <thread>

using namespace latchkey;
using registry::DeviceState;
using registry::Outcome;
using namespace test;

namespace {

using Fleet = ConfiguredFleet;

}  // namespace

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
