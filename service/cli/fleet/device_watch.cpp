#include "base/stop_signals.hpp"
#include "service/cli/fleet/fleet.hpp"
#include "service/cli/text.hpp"

#include <iostream>
#include <memory>
#include <set>

namespace latchkey::cli {
namespace {

using registry::Table;

struct Flags {
  FleetFlags common;
  std::optional<std::string> device;
  std::optional<std::string> group;
};

// Events have the time at which they were written, and can be read after their transaction has ended. So each
// poll reads a little of the past again and leaves out what was shown.
constexpr const char* statement =
    "SELECT event_id, at, device_id, group_name, action, old_state, new_state, generation, actor, reason "
    "FROM registry.events WHERE at > greatest(now() - interval '10 seconds', $3::timestamptz) "
    "AND ($1::text IS NULL OR device_id = $1) AND ($2::text IS NULL OR group_name = $2) "
    "ORDER BY at, event_id LIMIT 100000";

std::string line_of(const Table::Row& row) {
  constexpr std::size_t seconds = 19;
  const auto text = [&](std::size_t i) { return without_controls(row[i].value_or("")); };
  std::string line = text(1).substr(0, seconds) + "Z  ";
  line.append(row[2] ? text(2) : row[3] ? "group " + text(3) : "fleet").append("  ").append(text(4));
  if (row[6]) line.append("  ").append(text(5)).append(" -> ").append(text(6));
  if (row[9]) line.append("  (").append(text(8)).append(": ").append(text(9)).append(")");
  return line;
}

class Watch {
 public:
  explicit Watch(const Flags& flags) : flags_(flags) {}

  void show(const Table& events) {
    std::set<std::string> recent;
    for (const auto& row : events.rows) {
      const auto id = row[0].value_or("");
      recent.insert(id);
      if (shown_.contains(id)) continue;
      std::cout << (flags_.common.json ? json_object(events, row) : line_of(row)) << '\n';
    }
    std::cout << std::flush;
    shown_ = std::move(recent);
  }

 private:
  const Flags& flags_;
  std::set<std::string> shown_;  ///< of the last poll
};

int run_watch(const Flags& flags) {
  block_stop_signals();
  auto session = open_session(flags.common);
  if (!session) return report(session.error(), flags.common.json);
  const auto begun = ask(*session, "SELECT now()");
  if (!begun) return report(begun.error(), flags.common.json);
  Watch watch(flags);
  do {
    const auto events = ask(*session, statement, {flags.device, flags.group, begun->rows[0][0]});
    if (!events) return report(events.error(), flags.common.json);
    watch.show(*events);
  } while (std::cout && !wait_for_stop_signal(std::chrono::seconds(1)));
  return exit_code::ok;
}

constexpr const char* help =
    "Print what happens to devices, as it happens: changes of their state, new credentials, and acts of\n"
    "operators. Ends with Ctrl+C. An act whose transaction was open for more than 10 s may be missing;\n"
    "registry.events has it.";
constexpr const char* footer =
    "Examples:\n"
    "  latchkey device watch\n"
    "  latchkey device watch --group meters --json\n"
    "\n"
    "Exit codes: 0 ended by SIGINT or SIGTERM, 64 wrong flags, 69 the database is gone, 77 the login lacks "
    "a\n"
    "right.";

}  // namespace

void add_device_watch(Command& device) {
  auto command = device.add("watch", help);
  const auto flags = std::make_shared<Flags>();
  command.value("--device", flags->device, "Only this device", {.metavar = "ID"});
  command.value("--group", flags->group, "Only devices of this group, and acts on it", {.metavar = "NAME"});
  add_fleet_flags(command, flags->common);
  command.footer(footer);
  command.does([flags] { return run_watch(*flags); });
}

}  // namespace latchkey::cli
