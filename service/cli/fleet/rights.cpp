#include "service/cli/commands.hpp"
#include "service/cli/fleet/fleet.hpp"

#include <memory>

namespace latchkey::cli {
namespace {

struct Flags {
  FleetFlags common;
  std::string format = "table";
  std::string device;
  bool fleet = false;
  std::string group;
  std::string rights;
  std::string reason;
};

constexpr const char* show_help =
    "Show the topics beyond the protocol's own that a device may publish to and subscribe to, filled in\n"
    "for it, and whether its group or the fleet gives them. Empty: it has none.";

void add_show(Command& rights) {
  auto command = rights.add("show", show_help);
  const auto flags = std::make_shared<Flags>();
  command.value("ID", flags->device, "The device's id", {.required = true});
  add_format_flag(command, flags->format);
  add_fleet_flags(command, flags->common);
  command.footer(reading_exit_codes);
  command.does([flags] {
    return run_list(flags->common, format_of(flags->common, flags->format),
                    "SELECT device_id, group_name, source, to_jsonb(publish) AS publish, "
                    "to_jsonb(subscribe) AS subscribe FROM registry.rights WHERE device_id = $1",
                    {flags->device});
  });
}

constexpr const char* set_help =
    "Set the topics beyond the protocol's own that devices may use: of all devices, or of a group, whose\n"
    "rights replace those of the fleet. ${device_id} and ${group} stand for the device's own; null removes\n"
    "the rights. Devices and broker are told at once. Prints what they were and are.";
constexpr const char* set_footer =
    "Examples:\n"
    "  latchkey rights set '{\"publish\": [\"plant/${device_id}/telemetry/#\"]}' --fleet --reason 'the "
    "contract'\n"
    "  latchkey rights set null --group pilot --reason 'as all others'\n"
    "\n";

int run_rights_set(const Flags& flags) {
  if (flags.fleet)
    return run_act(flags.common, "SELECT * FROM registry.set_fleet_rights($1::jsonb, $2)",
                   {flags.rights, flags.reason});
  return run_act(flags.common, "SELECT * FROM registry.set_group_rights($1, nullif($2::jsonb, 'null'), $3)",
                 {flags.group, flags.rights, flags.reason});
}

void add_set(Command& rights) {
  auto command = rights.add("set", set_help);
  const auto flags = std::make_shared<Flags>();
  command.value("RIGHTS", flags->rights, "publish and subscribe: a JSON object of lists of topic filters",
                {.required = true});
  auto whose = command.alternatives("Whose", "Exactly one of:");
  whose.flag("--fleet", flags->fleet, "Of all devices");
  whose.value("--group", flags->group, "Of the devices of this group", {.metavar = "NAME"});
  add_reason_flag(command, flags->reason);
  add_fleet_flags(command, flags->common);
  command.footer(set_footer, acting_exit_codes);
  command.does([flags] { return run_rights_set(*flags); });
}

}  // namespace

void add_rights_commands(Command& root) {
  auto rights = root.add("rights", "Show and set the topics that devices may use beyond the protocol's own");
  add_show(rights);
  add_set(rights);
}

}  // namespace latchkey::cli
