#pragma once

#include "crypto/mac.hpp"
#include "registry/registry.hpp"

#include <chrono>
#include <expected>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace latchkey::service {

/// How often a batch is tried before it is split or given up.
inline constexpr int most_rounds = 5;
/// How many parts of a batch may fail by a lock or the time limit: enough to find one row among a thousand.
/// If more fail, the cause is not a row.
inline constexpr int most_stalls = 12;

/// A random pause of 5 to 50 ms, so that two batches that collided do not collide again.
inline void pause_before_retry() {
  std::uint8_t noise = 0;
  crypto::fill_random(std::span(&noise, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(5 + noise % 46));
}

/// Halves a batch until a row that the registry refuses is alone.
template <class Job, class Step, class Refuse>
class BatchRun {
 public:
  BatchRun(const Step& step, const Refuse& refuse) : step_(step), refuse_(refuse) {}

  [[nodiscard]] std::vector<Job*> run(std::vector<Job*> open, int rounds) {
    std::optional<registry::Failure> stopped;
    for (int round = 0; round < rounds && !open.empty() && !stopped; ++round) {
      if (stalls_ == most_stalls) return open;
      std::expected<std::vector<Job*>, registry::Error> again = step_(std::span<Job* const>(open));
      if (again)
        open = std::move(*again);
      else if (again.error().failure == registry::Failure::unavailable)
        return open;
      else if (ends_rounds(again.error().failure))
        stopped = again.error().failure;
      else
        pause_before_retry();
    }
    // A job that only lost races is not refused: it is returned, and answered `retry`.
    if (open.empty() || (!stopped && rounds == 1)) return open;
    if (open.size() > 1) return halve(std::move(open), stopped ? rounds : rounds - 1);
    if (!stopped) return open;
    refuse_(*open.front(), *stopped);
    return {};
  }

 private:
  /// True if trying the same batch again would fail again.
  bool ends_rounds(registry::Failure failure) {
    const bool stalled = failure == registry::Failure::locked || failure == registry::Failure::too_slow;
    if (stalled) ++stalls_;
    return stalled || failure == registry::Failure::poison;
  }

  std::vector<Job*> halve(std::vector<Job*> open, int rounds) {
    const auto middle = open.begin() + static_cast<std::ptrdiff_t>(open.size() / 2);
    auto left = run(std::vector<Job*>(open.begin(), middle), rounds);
    const auto right = run(std::vector<Job*>(middle, open.end()), rounds);
    left.insert(left.end(), right.begin(), right.end());
    return left;
  }

  const Step& step_;
  const Refuse& refuse_;
  int stalls_ = 0;
};

/// Runs `step` (load, decide, commit, answer) on the jobs until all are done. `step` returns the jobs that
/// lost a race and must be decided again, or why the registry refused the whole batch. A batch in doubt is
/// run again: the load shows whether it was committed. A batch with a poison row, or that is too slow or
/// meets a lock, is halved until that row is alone; then `refuse` gets it with the failure. A batch that
/// collided `rounds` times is halved too, with one round less each time, so that it terminates. Returns the
/// jobs that are not answered.
template <class Job, class Step, class Refuse>
[[nodiscard]] std::vector<Job*> run_batch(std::vector<Job*> open, const Step& step, const Refuse& refuse,
                                          int rounds = most_rounds) {
  return BatchRun<Job, Step, Refuse>(step, refuse).run(std::move(open), rounds);
}

}  // namespace latchkey::service
