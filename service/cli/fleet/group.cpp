#include "service/cli/commands.hpp"
#include "service/cli/fleet/fleet.hpp"

#include <memory>

namespace latchkey::cli {
namespace {

struct Flags {
  FleetFlags common;
  std::string format = "table";
  std::string name;
  std::string policy;
  std::string reason;
};

constexpr const char* list_statement =
    "SELECT name, proof, status, admission, devices_counted, max_devices, valid_until FROM registry.groups "
    "ORDER BY name";

const std::vector<Part> parts = {
    {"group",
     "SELECT name, proof, status, admission, reprovisioning, to_jsonb(credential_types) AS credential_types, "
     "device_id_pattern, valid_from, valid_until, devices_counted, max_devices, has_two_keys, lifetime_s, "
     "unused_life_s, renewal_grace_days, revoke_retired, sealing, token_attributes, credentials_per_hour, "
     "created_at FROM registry.groups WHERE name = $1",
     true},
    {"devices", "SELECT state, devices, counted_at FROM registry.fleet WHERE group_name = $1 ORDER BY state"},
    {"configuration",
     "SELECT config, endpoint FROM registry.show_configs($1) WHERE level = 'group' AND of = $1", true},
    {"tokens",
     "SELECT token_id, used, uses, valid_until, created_at, created_by FROM registry.tokens "
     "WHERE group_name = $1 ORDER BY created_at"},
    {"events",
     "SELECT at, action, device_id, actor, reason FROM registry.events WHERE group_name = $1 "
     "AND reason IS NOT NULL ORDER BY at DESC LIMIT 10"}};

void add_name(Command& command, Flags& flags) {
  command.value("NAME", flags.name, "The group's name", {.required = true});
}

void add_list(Command& group) {
  auto command = group.add("list", "List the groups with their proof, admission and room.");
  const auto flags = std::make_shared<Flags>();
  add_format_flag(command, flags->format);
  add_fleet_flags(command, flags->common);
  command.footer(reading_exit_codes);
  command.does(
      [flags] { return run_list(flags->common, format_of(flags->common, flags->format), list_statement); });
}

void add_show(Command& group) {
  auto command =
      group.add("show",
                "Show one group: its policy, its devices by state, its configuration, its tokens and\n"
                "the last ten acts in it.");
  const auto flags = std::make_shared<Flags>();
  add_name(command, *flags);
  add_fleet_flags(command, flags->common);
  command.footer(
      "Exit codes: 0 shown, 1 there is no such group, 64 wrong flags, 69 no database, 77 the login\n"
      "lacks a right.");
  command.does([flags] {
    return run_show(flags->common, flags->name, parts,
                    {exit_code::negative,
                     {"there is no group " + flags->name},
                     "names are case-sensitive; `latchkey group list` lists the groups"});
  });
}

constexpr const char* set_help =
    "Change the members of a group's policy that a JSON object names, for all requests from now on. They\n"
    "are named as in `group show`; null means none, or the default. Prints what they were and are.";
constexpr const char* set_footer =
    "Example:\n"
    "  latchkey group set pilot '{\"valid_until\": null, \"max_devices\": 200}' --reason 'the pilot goes "
    "on'\n"
    "\n";

void add_set(Command& group) {
  auto command = group.add("set", set_help);
  const auto flags = std::make_shared<Flags>();
  add_name(command, *flags);
  command.value("POLICY", flags->policy, "The members to change: a JSON object", {.required = true});
  add_reason_flag(command, flags->reason);
  add_fleet_flags(command, flags->common);
  command.footer(set_footer, acting_exit_codes);
  command.does([flags] {
    return run_act(flags->common, "SELECT * FROM registry.set_group_policy($1, $2::jsonb, $3)",
                   {flags->name, flags->policy, flags->reason});
  });
}

void add_switch(Command& group, const char* verb, const char* help, const char* sql) {
  auto command = group.add(verb, help);
  const auto flags = std::make_shared<Flags>();
  add_name(command, *flags);
  add_reason_flag(command, flags->reason);
  add_fleet_flags(command, flags->common);
  command.footer(acting_exit_codes);
  command.does([flags, sql] { return run_act(flags->common, sql, {flags->name, flags->reason}); });
}

}  // namespace

void add_group_commands(Command& root) {
  auto group = root.add("group", "List, show and change groups; `enroll group` makes one");
  add_list(group);
  add_show(group);
  add_set(group);
  add_switch(
      group, "disable",
      "Refuse the devices that came by a group until `group enable`, also at the broker. Devices with\n"
      "an enrolment of their own continue.",
      "SELECT * FROM registry.disable_group($1, $2)");
  add_switch(group, "enable", "End `group disable`.", "SELECT * FROM registry.enable_group($1, $2)");
}

}  // namespace latchkey::cli
