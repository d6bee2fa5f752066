#include "service/cli/fleet/many.hpp"

#include "base/progress.hpp"
#include "base/words.hpp"
#include "protocol/device_id.hpp"
#include "service/cli/fleet/ids.hpp"
#include "service/cli/text.hpp"

#include <algorithm>
#include <iostream>
#include <span>

namespace latchkey::cli {
namespace {

using registry::Table;

constexpr std::size_t portion = 500;
constexpr std::chrono::seconds portion_limit{60};
// With more devices, their lines would hide the summary.
constexpr std::size_t most_lines = 20;

struct Failed {
  std::string id;
  std::string why;
};

struct Summary {
  std::size_t done = 0;
  std::size_t unchanged = 0;
  std::vector<Failed> failed;
  std::vector<std::string> lines;  ///< what happened to the first devices
  std::optional<Failure> stopped;  ///< why it did not reach all devices

  void note(const std::string& id, std::string_view outcome, const std::string& what) {
    if (outcome == "done") ++done;
    if (outcome == "unchanged") ++unchanged;
    if (outcome == "refused") failed.push_back({id, what});
    if (outcome != "refused" && lines.size() < most_lines) lines.push_back(id + ": " + what);
  }
};

/// The ids, each once and in order. An invalid one has failed.
std::vector<std::string> valid_ids(std::vector<std::string> ids, Summary& summary) {
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  const auto invalid = std::ranges::stable_partition(
      ids, [](const auto& id) { return protocol::DeviceId::parse(id).has_value(); });
  for (const auto& id : invalid)
    summary.failed.push_back({without_controls(id), "it is no device id"});
  ids.erase(invalid.begin(), invalid.end());
  return ids;
}

/// Valid ids need no quotes in an array.
std::string array_of(std::span<const std::string> ids) {
  std::string array = "{";
  for (const auto& id : ids)
    array.append(array.size() == 1 ? "" : ",").append(id);
  return array + "}";
}

/// False if it makes no sense to continue. After a deadlock or a conflict with another transaction, which
/// undid what was done for all of them, it acts on each half, so that only devices that meet one alone fail.
bool act_on(registry::OperatorSession& session, const ManyAct& act, std::span<const std::string> ids,
            Summary& summary) {
  using Kind = registry::AdminError::Kind;
  Table::Row values{array_of(ids)};
  values.insert(values.end(), act.values.begin(), act.values.end());
  const auto rows = session.run(act.sql, values, portion_limit);
  if (rows) {
    for (const auto& row : rows->rows)
      summary.note(row[0].value_or(""), row[1].value_or(""), row[2].value_or(""));
    return true;
  }
  if (rows.error().kind == Kind::contention && ids.size() > 1) {
    const auto half = ids.size() / 2;
    return act_on(session, act, ids.first(half), summary) && act_on(session, act, ids.subspan(half), summary);
  }
  for (const auto& id : ids)
    summary.failed.push_back({id, rows.error().what});
  // Everything else would be refused for the next devices too.
  if (rows.error().kind == Kind::contention) return true;
  summary.stopped = fail(rows.error(), operators_login).error();
  return false;
}

void act_on_all(registry::OperatorSession& session, const ManyAct& act, std::span<const std::string> ids,
                Summary& summary) {
  Progress progress;
  for (std::size_t first = 0; first < ids.size(); first += portion) {
    progress.show(act.verb, static_cast<std::int64_t>(first), static_cast<std::int64_t>(ids.size()));
    const auto size = std::min(portion, ids.size() - first);
    if (act_on(session, act, ids.subspan(first, size), summary)) continue;
    for (const auto& id : ids.subspan(first + size))
      summary.failed.push_back({id, "not reached"});
    return;
  }
}

std::string failures_of(const Summary& summary) {
  std::vector<std::string> objects;
  objects.reserve(summary.failed.size());
  for (const auto& [id, why] : summary.failed)
    objects.push_back("{\"device_id\": " + json_string(id) + ", \"reason\": " + json_string(why) + "}");
  return "[" + joined(objects, ",\n") + "]";
}

void print(const Summary& summary, const ManyAct& act, bool json) {
  const auto total = summary.done + summary.unchanged + summary.failed.size();
  for (const auto& line : summary.lines)
    if (total <= most_lines) say(line);
  for (std::size_t i = 0; i < std::min(most_lines, summary.failed.size()); ++i)
    say(summary.failed[i].id + ": failed: " + summary.failed[i].why);
  say(act.verb + ": " + std::to_string(summary.done) + " done, " + std::to_string(summary.unchanged) +
      " unchanged, " + std::to_string(summary.failed.size()) + " failed");
  if (json) {
    std::cout << "{\"done\": " << summary.done << ", \"unchanged\": " << summary.unchanged
              << ", \"failed\": " << failures_of(summary) << "}\n";
    return;
  }
  for (const auto& failed : summary.failed)
    std::cout << failed.id << '\n';
}

Result<std::vector<std::string>> all_ids(const ManyFlags& flags) {
  auto ids = flags.ids;
  if (!flags.ids_from.empty()) {
    auto read = read_ids(flags.ids_from);
    if (!read) return std::unexpected(read.error());
    std::ranges::move(*read, std::back_inserter(ids));
  }
  if (ids.empty() && flags.ids_from.empty())
    return fail(exit_code::usage, "no device is named", "name ids, or a file with ids by --ids-from");
  return ids;
}

}  // namespace

void add_many_flags(Command& command, ManyFlags& flags) {
  command.value("ID", flags.ids, "The devices' ids", {.metavar = "ID ..."});
  command.value("--ids-from", flags.ids_from, "File with an id on each line; -: standard input",
                {.metavar = "FILE"});
  add_fleet_flags(command, flags.common);
}

int run_many(const ManyFlags& flags, const ManyAct& act) {
  auto named = all_ids(flags);
  if (!named) return report(named.error(), flags.common.json);
  auto session = open_session(flags.common);
  if (!session) return report(session.error(), flags.common.json);
  Summary summary;
  const auto ids = valid_ids(*std::move(named), summary);
  act_on_all(*session, act, ids, summary);
  print(summary, act, flags.common.json);
  // stdout has the failed devices already.
  if (summary.stopped) return report(*summary.stopped);
  return summary.failed.empty() ? exit_code::ok : exit_code::negative;
}

}  // namespace latchkey::cli
