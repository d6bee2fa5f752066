#include "service/cli/fleet/many.hpp"

#include <memory>

namespace latchkey::cli {
namespace {

/// An act as a row of a table: its function, what it says of a device when it is done, and when a device that
/// the function refuses is already as the act would leave it.
struct Act {
  const char* verb;
  const char* help;
  const char* function;
  const char* said;  ///< SQL over the function's row `a`
  const char* same;  ///< SQL over the device's row `d`
};

constexpr const char* states_said =
    "format('%s -> %s, credentials ended: %s', a.old_state, a.new_state, a.credentials_ended)";

constexpr Act acts[] = {
    {"approve",
     "Admit the request that a device waits with. The device gets its credential when it asks again,\n"
     "within a minute.",
     "approve_devices", "'approved'",
     "EXISTS (SELECT FROM registry.events e WHERE e.device_id = d.device_id AND e.action = 'approve' "
     "AND e.at >= d.requested_at)"},
    {"reject",
     "Refuse the request that a device waits with. The device may wait again with another request;\n"
     "`device suspend` stops it.",
     "reject_devices", "'rejected'",
     "EXISTS (SELECT FROM registry.events e WHERE e.device_id = d.device_id AND e.action = 'reject' "
     "AND e.at >= d.requested_at)"},
    {"suspend", "Refuse a device and keep it out of the broker until `device resume`.", "suspend_devices",
     states_said, "d.state = 'suspended'"},
    {"resume", "End a suspension: the device has the state that it had before.", "resume_devices",
     states_said, "d.state NOT IN ('suspended', 'revoked')"},
    {"revoke",
     "End a device's credentials for good and refuse the device. Only `device reset` lets it in again.",
     "revoke_devices", states_said, "d.state = 'revoked'"},
    {"reset", "End a device's credentials and let it provision again, by any enrolment.", "reset_devices",
     states_said, "d.state = 'off'"},
    {"decommission",
     "Take a device out of service for good: end its credentials and free its place in its group. Its\n"
     "history stays.",
     "decommission_devices", states_said, "d.decommissioned_at IS NOT NULL"},
    {"forget",
     "Erase what a decommissioned device told of itself, its certificates, keys, labels and enrolment.",
     "forget_devices", "'erased'", "false"},
};

/// A device that was refused but is as wanted is unchanged.
std::string sql_of(const Act& act) {
  return std::string("SELECT a.device_id, CASE WHEN a.outcome = 'refused' AND s.same THEN 'unchanged' ") +
         "ELSE a.outcome END, CASE a.outcome WHEN 'done' THEN " + act.said +
         " ELSE a.refusal END FROM registry." + act.function +
         "($1::text[], $2) a CROSS JOIN LATERAL (SELECT (SELECT " + act.same +
         " FROM registry.devices d WHERE d.device_id = a.device_id) AS same) s";
}

void add_act(Command& device, const Act& act) {
  struct Flags {
    ManyFlags many;
    std::string reason;
  };
  auto command = device.add(act.verb, act.help);
  const auto flags = std::make_shared<Flags>();
  add_many_flags(command, flags->many);
  add_reason_flag(command, flags->reason);
  command.footer(
      std::string("Example:\n  latchkey device ") + act.verb + " meter-7 --reason 'ticket 4711'\n\n",
      many_exit_codes);
  command.does([flags, &act] { return run_many(flags->many, {act.verb, sql_of(act), {flags->reason}}); });
}

}  // namespace

void add_device_acts(Command& device) {
  for (const Act& act : acts)
    add_act(device, act);
}

}  // namespace latchkey::cli
