#include "bench/report.hpp"

#include "bench/histogram.hpp"
#include "bench/parallel.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>

namespace latchkey::bench {
namespace {

using Json = nlohmann::json;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t most_faults = 5;

Json check_answers(const Fleet& fleet, const std::vector<DeviceRun>& runs) {
  std::mutex mutex;
  std::vector<std::string> faults;
  std::size_t checked = 0;
  in_parallel(runs.size(), [&](std::size_t i) {
    const Member& member = fleet.members()[i];
    if (member.is_hostile) return;
    for (std::size_t step = 0; step < runs[i].step(); ++step) {
      const auto right = fleet.check(member, step, runs[i].answers[step]);
      const std::scoped_lock lock(mutex);
      ++checked;
      if (!right) faults.push_back(member.id + ": " + right.error());
    }
  });
  const std::size_t wrong = faults.size();
  faults.resize(std::min(wrong, most_faults));
  return {{"checked", checked}, {"wrong", wrong}, {"faults", faults}};
}

double mean_answer_bytes(const std::vector<DeviceRun>& runs) {
  std::size_t bytes = 0;
  std::size_t answers = 0;
  for (const DeviceRun& run : runs)
    for (const std::string& answer : run.answers) {
      bytes += answer.size();
      ++answers;
    }
  return answers == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(answers);
}

/// What attackers sent, and the signed answers to those who are not enrolled: there must be none.
Json attacks(const Fleet& fleet, const std::vector<DeviceRun>& runs) {
  std::uint64_t sent = 0;
  std::uint64_t believed = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Member& member = fleet.members()[i];
    if (!member.is_hostile) continue;
    sent += runs[i].sends;
    believed += member.is_enrolled ? 0 : runs[i].answers.size();
  }
  return {{"hostile_messages", sent}, {"believed", believed}};
}

}  // namespace

std::string report(const Fleet& fleet, const Load& load, bool check) {
  Histogram latency;
  std::size_t honest = 0;
  std::size_t refused = 0;
  std::uint64_t told_later = 0;
  std::uint64_t sends = 0;
  std::uint64_t steps = 0;
  auto last = load.began();
  for (std::size_t i = 0; i < load.runs().size(); ++i) {
    const DeviceRun& run = load.runs()[i];
    if (fleet.members()[i].is_hostile) continue;
    ++honest;
    told_later += run.told_later;
    sends += run.sends;
    steps += run.step();
    refused += run.refused ? 1 : 0;
    if (run.step() < fleet.members()[i].steps.size()) continue;
    latency.record(run.done - run.due);
    last = std::max(last, run.done);
  }
  const double seconds = std::chrono::duration<double>(last - load.began()).count();
  const auto answered = static_cast<double>(latency.count());
  const auto ms = [&](double share) { return Milliseconds(latency.at(share)).count(); };
  Json out{{"devices", honest},
           {"answered", latency.count()},
           {"refused", refused},
           {"lost", honest - latency.count() - refused},
           {"repeats", sends > steps ? sends - steps : 0},
           {"told_later", told_later},
           {"surplus", load.surplus()},
           {"seconds", seconds},
           {"per_s", seconds > 0 ? answered / seconds : 0},
           {"p50_ms", ms(0.5)},
           {"p99_ms", ms(0.99)},
           {"p999_ms", ms(0.999)},
           {"max_ms", Milliseconds(latency.max()).count()},
           {"answer_bytes", mean_answer_bytes(load.runs())}};
  out.update(attacks(fleet, load.runs()));
  if (check) out.update(check_answers(fleet, load.runs()));
  return out.dump();
}

}  // namespace latchkey::bench
