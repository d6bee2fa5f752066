#include "service/enrolment/lifecycle.hpp"

#include "service/identity/authenticate.hpp"

namespace latchkey::service {
namespace {

using protocol::StatusKind;
using registry::DeviceState;
using registry::Reason;

bool takes_statuses(DeviceState state) {
  return state == DeviceState::registered || state == DeviceState::connected || state == DeviceState::ready;
}

/// After a reconnect a device stays `ready` if its configuration is current.
DeviceState after_connected(const registry::Device& device) {
  const bool current = device.applied_config_version == device.configured.version;
  return device.state == DeviceState::ready && current ? DeviceState::ready : DeviceState::connected;
}

}  // namespace

std::expected<DeviceState, Reason> next_state(const protocol::StatusMessage& status,
                                              const registry::StatusFacts& facts) {
  // `disconnected` is valid in any state: it does not change the state.
  const bool leaves = status.kind == StatusKind::disconnected;
  if (!facts.device || (!leaves && !takes_statuses(facts.device->state)))
    return std::unexpected(Reason::device_not_registered);
  if (!leaves && facts.enrolment && !facts.enrolment->enabled)
    return std::unexpected(why_disabled(*facts.enrolment).reason);
  const registry::Device& device = *facts.device;
  if (status.kind == StatusKind::connected) {
    if (!facts.credential || !facts.credential->live) return std::unexpected(Reason::generation_not_live);
    return after_connected(device);
  }
  if (facts.session.empty() || facts.session != status.session)
    return std::unexpected(Reason::session_not_open);
  // It has not connected since it registered: the session that is open began before a reset.
  if (!leaves && device.state == DeviceState::registered) return std::unexpected(Reason::session_not_open);
  // A configuration that was never sent cannot be applied.
  const bool can_be_applied =
      device.configured.fault.empty() || device.applied_config_version == device.configured.version;
  if (status.kind == StatusKind::ready && status.config_version == device.configured.version &&
      can_be_applied)
    return DeviceState::ready;
  return device.state;
}

}  // namespace latchkey::service
