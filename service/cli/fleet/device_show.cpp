#include "service/cli/fleet/fleet.hpp"

#include <memory>

namespace latchkey::cli {
namespace {

const std::vector<Part> parts = {
    {"device",
     "SELECT device_id, state, online, group_name, enrolled_by, generation, config_version, "
     "applied_config_version, requested_at, registered_at, connected_at, ready_at, last_seen_at, failed_at, "
     "failure, acted_at, actor, reason, decommissioned_at, attributes, reported, labels "
     "FROM registry.devices WHERE device_id = $1",
     true},
    {"credentials",
     "SELECT generation, type, status, ends_at, issued_at, connected_at, serial, fingerprint "
     "FROM registry.credentials WHERE device_id = $1 ORDER BY generation DESC LIMIT 10"},
    {"configuration", "SELECT level, of, config, endpoint FROM registry.show_layers($1)"},
    {"rights",
     "SELECT source, to_jsonb(publish) AS publish, to_jsonb(subscribe) AS subscribe FROM registry.rights "
     "WHERE device_id = $1 AND source IS NOT NULL",
     true},
    {"attempts",
     "SELECT received_at, decision, code, reason, tracking_id FROM registry.attempts "
     "WHERE device_id = $1 ORDER BY received_at DESC LIMIT 10"},
    {"events",
     "SELECT at, action, old_state, new_state, generation, actor, reason FROM registry.events "
     "WHERE device_id = $1 ORDER BY at DESC LIMIT 10"},
    {"todo",
     "SELECT since, problem, advice FROM ("
     "SELECT since, problem, advice FROM registry.stuck_devices WHERE device_id = $1 "
     "AND problem <> 'waits for approval' "
     "UNION ALL SELECT waiting_since, 'waits for approval', 'latchkey device approve ' || device_id || "
     "', or latchkey device reject ' || device_id || '.' FROM registry.pending_approvals WHERE device_id = "
     "$1 "
     "UNION ALL SELECT last_seen, 'perhaps two devices with one identity: ' || sign, evidence::text "
     "FROM registry.suspected_clones WHERE device_id = $1 "
     "UNION ALL (SELECT received_at, reason, advice FROM registry.recent_rejections WHERE device_id = $1 "
     "ORDER BY received_at DESC LIMIT 1)) x ORDER BY since DESC"}};

struct Flags {
  FleetFlags common;
  std::string id;
};

int run_device_show(const Flags& flags) {
  return run_show(flags.common, flags.id, parts,
                  {exit_code::negative,
                   {"there is no device " + flags.id},
                   "ids are case-sensitive; `latchkey device list` lists the devices"});
}

constexpr const char* help =
    "Show one device: its state, its last ten credentials, requests and events, the configurations that\n"
    "are merged for it, and what an operator can do. `latchkey explain ID` says what the device would be\n"
    "answered now.";
constexpr const char* footer =
    "Examples:\n"
    "  latchkey device show meter-7\n"
    "  latchkey device show meter-7 --json\n"
    "\n"
    "Exit codes: 0 shown, 1 there is no such device, 64 wrong flags, 69 no database, 77 the login lacks a\n"
    "right.";

}  // namespace

void add_device_show(Command& device) {
  auto command = device.add("show", help);
  const auto flags = std::make_shared<Flags>();
  command.value("ID", flags->id, "The device's id", {.required = true});
  add_fleet_flags(command, flags->common);
  command.footer(footer);
  command.does([flags] { return run_device_show(*flags); });
}

}  // namespace latchkey::cli
