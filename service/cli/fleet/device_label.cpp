#include "service/cli/fleet/many.hpp"
#include "service/cli/json.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace latchkey::cli {
namespace {

struct Flags {
  ManyFlags many;
  std::vector<std::string> set;
  std::vector<std::string> remove;
  std::string reason;
};

/// The labels that change, as a JSON merge patch: null removes one.
Result<std::string> patch_of(const Flags& flags) {
  auto patch = object_of(flags.set, "--set");
  if (!patch) return std::unexpected(patch.error());
  for (const auto& name : flags.remove)
    (*patch)[name] = nullptr;
  if (patch->empty())
    return fail(exit_code::usage, "no label is named", "use --set NAME=VALUE or --remove NAME");
  return json_text(*patch);
}

int run_label(const Flags& flags) {
  auto patch = patch_of(flags);
  if (!patch) return report(patch.error(), flags.many.common.json);
  return run_many(
      flags.many,
      {"label",
       "SELECT device_id, CASE WHEN outcome = 'done' AND old_labels = new_labels THEN 'unchanged' "
       "ELSE outcome END, CASE outcome WHEN 'done' THEN 'labels ' || new_labels::text ELSE refusal END "
       "FROM registry.set_device_labels($1::text[], $2::jsonb, $3)",
       {*std::move(patch), flags.reason}});
}

constexpr const char* help =
    "Change the labels of devices: texts for operators, for example a site, an owner or a note. Devices\n"
    "never see them. `device list --label` finds devices by them.";
constexpr const char* footer =
    "Examples:\n"
    "  latchkey device label meter-7 --set site=hall-3 --set note='behind the boiler' --reason installed\n"
    "  latchkey device label --ids-from ids.txt --remove note --reason 'tidying up'\n"
    "\n";

}  // namespace

void add_device_label(Command& device) {
  auto command = device.add("label", help);
  const auto flags = std::make_shared<Flags>();
  add_many_flags(command, flags->many);
  command.value("--set", flags->set, "Set this label; may be repeated", {.metavar = "NAME=VALUE"});
  command.value("--remove", flags->remove, "Remove this label; may be repeated", {.metavar = "NAME"});
  add_reason_flag(command, flags->reason);
  command.footer(footer, many_exit_codes);
  command.does([flags] { return run_label(*flags); });
}

}  // namespace latchkey::cli
