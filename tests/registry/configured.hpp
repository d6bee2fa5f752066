#pragma once

#include "crypto/mac.hpp"
#include "database.hpp"
#include "registry/configs.hpp"
#include "registry/statuses.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <optional>
#include <string>
#include <vector>

// Configurations that are worked out as the service does it.
namespace latchkey::test {

inline constexpr const char* versions = "SELECT device_id, config_version FROM registry.devices ORDER BY 1";
inline constexpr const char* behind = R"(
SELECT d.device_id FROM registry.device d CROSS JOIN registry.fleet_config f
  LEFT JOIN registry.enrollment_group g ON g.name = d.group_name LEFT JOIN registry.device_config x USING (device_id)
  LEFT JOIN registry.enrollment e USING (device_id)
  WHERE d.config_layers IS DISTINCT FROM f.changes + coalesce(g.config_changes, 0) + coalesce(x.changes, (e.config <> '{}')::int, 0))";

/// Works a device's configuration out as the service does: another one is another version.
inline std::optional<registry::Configured> worked_out(const registry::StatusFacts& facts) {
  registry::Configured now = facts.device->configured;
  now.layers = facts.enrolment->layers;
  now.digest = crypto::sha256(crypto::as_bytes(facts.enrolment->config));
  if (facts.device->configured.digest && facts.device->configured.digest != now.digest) ++now.version;
  if (now == facts.device->configured) return std::nullopt;
  return now;
}

/// One step of what the service does about changes; false when there was nothing. A failure is no answer.
inline bool step(registry::Registry& registry) {
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

inline void work_out_all(registry::Registry& registry) {
  while (step(registry)) {
  }
}

/// Two groups with devices a1, a2 and b1, worked out.
struct ConfiguredFleet {
  ConfiguredFleet() {
    for (const std::string group : {"a", "b"})
      database.run("SELECT registry.enroll_group('" + group + "', 'token', sha256('" + group + "'))",
                   Login::ops);
    for (const std::string device : {"a1", "a2", "b1"})
      CHECK(commit_one(registry, accepted({.device = device, .group = device.substr(0, 1)})) ==
            registry::Outcome::won);
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
    CHECK(commit_one(registry, connected({device, registry::DeviceState::registered,
                                          registry::DeviceState::connected})) == registry::Outcome::won);
  }

  Database database;
  registry::Registry registry = database.registry();
};

}  // namespace latchkey::test
