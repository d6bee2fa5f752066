#include "service/cli/commands.hpp"
#include "service/cli/fleet/fleet.hpp"

#include <memory>

namespace latchkey::cli {
namespace {

struct Flags {
  FleetFlags common;
  std::string format = "table";
  bool fleet = false;
  std::string group;
  std::string device;
  std::string config;
  std::string reason;
};

constexpr const char* show_help =
    "Show the configurations of devices, layer by layer: without a flag all of them, with --device those\n"
    "that are merged for this device. A configuration may hold secrets.";

int run_configuration_show(const Flags& flags) {
  const auto format = format_of(flags.common, flags.format);
  if (!flags.device.empty())
    return run_list(flags.common, format, "SELECT * FROM registry.show_layers($1)", {flags.device});
  return run_list(flags.common, format,
                  "SELECT level, of, config, endpoint, changes FROM registry.show_configs($1) "
                  "WHERE $1 IS NULL OR level = 'group'",
                  {flags.group.empty() ? std::nullopt : std::optional(flags.group)});
}

void add_show(Command& configuration) {
  auto command = configuration.add("show", show_help);
  const auto flags = std::make_shared<Flags>();
  command.value("--group", flags->group, "Only that of this group", {.metavar = "NAME"});
  command.value("--device", flags->device, "Only those that are merged for this device",
                {.metavar = "ID", .excludes = "--group"});
  add_format_flag(command, flags->format);
  add_fleet_flags(command, flags->common);
  command.footer(reading_exit_codes);
  command.does([flags] { return run_configuration_show(*flags); });
}

constexpr const char* set_help =
    "Set the configuration of all devices, of a group or of a device. A group's configuration is merged\n"
    "over the fleet's, and a device's own over both (RFC 7396); {} means none. Devices that are online get\n"
    "the result at once. Prints what it was and is.";
constexpr const char* set_footer =
    "Examples:\n"
    "  latchkey configuration set '{\"report_interval_s\": 60}' --fleet --reason 'as in the contract'\n"
    "  latchkey configuration set '{\"report_interval_s\": 5}' --device meter-7 --reason 'ticket 4711'\n"
    "\n";

int run_configuration_set(const Flags& flags) {
  if (!flags.device.empty())
    return run_act(flags.common, "SELECT * FROM registry.set_device_config($1, $2::jsonb, $3)",
                   {flags.device, flags.config, flags.reason});
  if (!flags.group.empty())
    return run_act(flags.common, "SELECT * FROM registry.set_group_config($1, $2::jsonb, $3)",
                   {flags.group, flags.config, flags.reason});
  return run_act(flags.common, "SELECT * FROM registry.set_fleet_config($1::jsonb, $2)",
                 {flags.config, flags.reason});
}

void add_set(Command& configuration) {
  auto command = configuration.add("set", set_help);
  const auto flags = std::make_shared<Flags>();
  command.value("CONFIG", flags->config, "The configuration: a JSON object of at most 3 KiB",
                {.required = true});
  auto whose = command.alternatives("Whose", "Exactly one of:");
  whose.flag("--fleet", flags->fleet, "Of all devices");
  whose.value("--group", flags->group, "Of the devices of this group", {.metavar = "NAME"});
  whose.value("--device", flags->device, "Of this device", {.metavar = "ID"});
  add_reason_flag(command, flags->reason);
  add_fleet_flags(command, flags->common);
  command.footer(set_footer, acting_exit_codes);
  command.does([flags] { return run_configuration_set(*flags); });
}

}  // namespace

void add_configuration_commands(Command& root) {
  auto configuration = root.add(
      "configuration", "Show and set the configuration of devices; `config` is for the service's own");
  add_show(configuration);
  add_set(configuration);
}

}  // namespace latchkey::cli
