#include "service/cli/fleet/fleet.hpp"
#include "service/cli/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>

namespace latchkey::cli {
namespace {

struct Flags {
  FleetFlags common;
  std::vector<std::string> states;
  std::optional<std::string> group;
  std::vector<std::string> labels;
  std::vector<std::string> attributes;
  std::optional<std::string> not_seen;
  std::optional<std::string> online;
  std::optional<std::string> id_prefix;
  std::optional<std::string> after;
  std::size_t limit = 100;
  std::string format = "table";
};

/// "7d" as "7 days".
Result<std::string> interval_of(const std::string& text) {
  constexpr std::pair<char, const char*> units[] = {{'m', " minutes"}, {'h', " hours"}, {'d', " days"}};
  const auto* const unit =
      std::ranges::find(units, text.empty() ? ' ' : text.back(), &std::pair<char, const char*>::first);
  unsigned number = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (unit == std::end(units) || read.ec != std::errc{} || read.ptr + 1 != end)
    return fail(exit_code::usage, "--not-seen " + text + " is not a time", "for example 90m, 12h or 7d");
  return std::to_string(number) + unit->second;
}

/// The filter of registry.find_devices, as JSON.
Result<std::string> filter_of(const Flags& flags) {
  auto filter = nlohmann::json::object();
  if (!flags.states.empty()) filter["states"] = flags.states;
  if (flags.group) filter["group"] = *flags.group;
  const auto labels = object_of(flags.labels, "--label");
  if (!labels) return std::unexpected(labels.error());
  if (!labels->empty()) filter["labels"] = *labels;
  const auto attributes = object_of(flags.attributes, "--attribute");
  if (!attributes) return std::unexpected(attributes.error());
  if (!attributes->empty()) filter["attributes"] = *attributes;
  if (flags.not_seen) {
    const auto interval = interval_of(*flags.not_seen);
    if (!interval) return std::unexpected(interval.error());
    filter["not_seen"] = *interval;
  }
  if (flags.online) filter["online"] = *flags.online == "yes";
  if (flags.id_prefix) filter["id"] = *flags.id_prefix;
  return json_text(filter);
}

constexpr const char* statement =
    "SELECT device_id, state, online, group_name, generation, registered_at, ready_at, last_seen_at, "
    "attributes, reported, labels FROM registry.devices "
    "WHERE device_id = ANY (ARRAY(SELECT registry.find_devices($1::jsonb, $2, $3::bigint))) ORDER BY "
    "device_id";

/// Writes the devices in the order of their ids, in portions, so that a large fleet needs little memory.
Result<void> write_all(const Flags& flags, const std::string& filter, Output& output) {
  constexpr std::size_t portion = 5000;
  auto session = open_session(flags.common);
  if (!session) return std::unexpected(session.error());
  std::optional<std::string> after = flags.after.value_or("");
  std::size_t left = flags.limit == 0 ? std::numeric_limits<std::size_t>::max() : flags.limit;
  while (left > 0) {
    const auto most = std::min(left, portion);
    const auto table = ask(*session, statement, {filter, after, std::to_string(most)});
    if (!table) return std::unexpected(table.error());
    output.add(*table);
    if (table->rows.size() < most) break;
    left -= most;
    after = table->rows.back().front();
  }
  return {};
}

int run_device_list(const Flags& flags) {
  const auto format = flags.format == "ids" ? Format::ids : format_of(flags.common, flags.format);
  const bool json = format == Format::json;
  const auto filter = filter_of(flags);
  if (!filter) return report(filter.error(), json);
  Output output(std::cout, format, terminal_width());
  if (const auto written = write_all(flags, *filter, output); !written) return exit_code_of(written, json);
  output.end();
  return exit_code::ok;
}

constexpr const char* help =
    "List devices, in the order of their ids. A device must match all flags that are given. A device\n"
    "that is enrolled and has not sent a request is `off`.";
constexpr const char* footer =
    "Examples:\n"
    "  latchkey device list --group meters --state suspended\n"
    "  latchkey device list --label site=hall-3 --not-seen 7d --json\n"
    "  latchkey device list --group meters --limit 0 --format ids | latchkey device suspend --ids-from - \\\n"
    "    --reason recall\n"
    "\n";

void add_filters(Command& command, Flags& flags) {
  command.value("--state", flags.states, "State; repeat it for several",
                {.metavar = "WORD",
                 .one_of = {"off", "provisioning_requested", "registered", "connected", "ready", "suspended",
                            "revoked"}});
  command.value("--group", flags.group, "Group", {.metavar = "NAME"});
  command.value("--label", flags.labels, "Label of an operator (`device label`); may be repeated",
                {.metavar = "NAME=VALUE"});
  command.value("--attribute", flags.attributes,
                "Attribute of the device, proved or only reported; may be repeated",
                {.metavar = "NAME=VALUE"});
  command.value("--not-seen", flags.not_seen,
                "Devices whose last status is at least so old, for example 90m, 12h or 7d. Devices that\n"
                "never sent a status are left out",
                {.metavar = "TIME"});
  command.value("--online", flags.online,
                "Whether it has an open session. Devices of which that is unknown are left out",
                {.metavar = "WORD", .one_of = {"yes", "no"}});
  command.value("--id-prefix", flags.id_prefix, "How the id begins", {.metavar = "TEXT"});
}

}  // namespace

void add_device_list(Command& device) {
  auto command = device.add("list", help);
  const auto flags = std::make_shared<Flags>();
  add_filters(command, *flags);
  command.value("--limit", flags->limit, "Number of devices at most; 0: all",
                {.metavar = "N", .shows_default = true});
  command.value("--after", flags->after, "Begin after this device", {.metavar = "ID"});
  command.value("--format", flags->format,
                "How to print the devices: table (the default), json, csv, or ids, one on each line",
                {.metavar = "WORD", .one_of = {"table", "json", "csv", "ids"}});
  add_fleet_flags(command, flags->common);
  command.footer(footer, reading_exit_codes);
  command.does([flags] { return run_device_list(*flags); });
}

}  // namespace latchkey::cli
