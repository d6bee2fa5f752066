#include "service/cli/fleet/many.hpp"

#include <memory>

namespace latchkey::cli {
namespace {

struct Flags {
  ManyFlags many;
  std::string group;
  std::string reason;
};

constexpr const char* statement =
    "SELECT device_id, CASE WHEN outcome = 'done' AND old_group IS NOT DISTINCT FROM new_group "
    "THEN 'unchanged' ELSE outcome END, CASE outcome WHEN 'done' "
    "THEN coalesce(old_group, 'no group') || ' -> ' || new_group ELSE refusal END "
    "FROM registry.move_devices($1::text[], $2, $3)";

constexpr const char* help =
    "Move devices with a proof of their own to another group. They keep their credentials, and have that\n"
    "group's policy, configuration, endpoint and rights from now on. A device whose proof is its group's\n"
    "(a derived key, the group's CA or a token) cannot move: it provisions anew.";
constexpr const char* footer =
    "Example:\n"
    "  latchkey device move meter-7 --group pilot --reason 'takes part in the pilot'\n"
    "\n";

}  // namespace

void add_device_move(Command& device) {
  auto command = device.add("move", help);
  const auto flags = std::make_shared<Flags>();
  add_many_flags(command, flags->many);
  command.value("--group", flags->group, "The group to move to", {.metavar = "NAME", .required = true});
  add_reason_flag(command, flags->reason);
  command.footer(footer, many_exit_codes);
  command.does([flags] { return run_many(flags->many, {"move", statement, {flags->group, flags->reason}}); });
}

}  // namespace latchkey::cli
