#include "service/operations/config_changes.hpp"

#include "registry/configs.hpp"
#include "registry/statuses.hpp"

namespace latchkey::service {
namespace {

using registry::DeviceState;

bool takes_configurations(const registry::StatusFacts& facts) {
  const DeviceState state = facts.device->state;
  const bool in_use =
      state == DeviceState::registered || state == DeviceState::connected || state == DeviceState::ready;
  const bool enabled = !facts.enrolment || facts.enrolment->enabled;
  return in_use && enabled && !facts.session.empty() && facts.credential && facts.credential->live;
}

bool needs_configuration(const registry::StatusFacts& facts) {
  return takes_configurations(facts) && facts.device->configured.fault.empty() &&
         facts.device->applied_config_version < facts.device->configured.version;
}

}  // namespace

registry::Result<bool> ConfigChanges::step(registry::Registry& registry) const {
  const auto due = registry::claim_configs(registry);
  if (!due) return std::unexpected(due.error());
  if (due->empty()) return registry::walk_config_change(registry);
  if (const auto done = send_configurations(registry, *due); !done) return std::unexpected(done.error());
  return true;
}

registry::Result<void> ConfigChanges::send_configurations(registry::Registry& registry,
                                                          const std::vector<protocol::DeviceId>& due) const {
  std::vector<registry::StatusKey> keys;
  keys.reserve(due.size());
  for (const auto& id : due)
    keys.push_back({.device_id = id, .generation = {}, .newest_session = true});
  auto loaded = registry::load_statuses(registry, keys);
  if (!loaded) return std::unexpected(loaded.error());

  std::vector<RegisteredDevice> devices;
  std::vector<registry::DecidedConfig> rows;
  devices.reserve(due.size());
  rows.reserve(due.size());
  for (std::size_t i = 0; i < due.size(); ++i) {
    registry::StatusFacts& facts = loaded->facts[i];
    registry::Configured& stored = facts.device->configured;
    RegisteredDevice& device = devices.emplace_back(due[i], facts);
    registry::DecidedConfig row{due[i], facts.session, false, stored, {}};
    if (const auto effective = configurer_.effective_for(device);
        effective && effective->configured != stored)
      row.configured = stored = effective->configured;
    row.waits = needs_configuration(facts);
    rows.push_back(std::move(row));
  }
  const auto outcomes = registry::commit_configs(registry, rows);
  if (!outcomes) return std::unexpected(outcomes.error());

  std::int64_t sent = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].waits || (*outcomes)[i] != registry::Outcome::won) continue;
    configurer_.send(devices[i], devices[i].facts.session, devices[i].facts.device->state);
    ++sent;
  }
  log_.info("configurations were computed",
            {{"devices", static_cast<std::int64_t>(due.size())}, {"sent", sent}});
  return {};
}

}  // namespace latchkey::service
