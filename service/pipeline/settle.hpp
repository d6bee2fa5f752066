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

/// How often a batch is run again before it is split or given up.
inline constexpr int most_rounds = 5;
/// How often parts of a batch may wait in vain: enough to find one row among a thousand. If more do, it is
/// not the rows.
inline constexpr int most_stalls = 12;

/// 5 to 50 ms: two batches that met in the database should not meet again.
inline void pause_before_retry() {
  std::uint8_t noise = 0;
  crypto::fill_random(std::span(&noise, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(5 + noise % 46));
}

/// Halves a batch until what the registry cannot do stands alone.
template <class Job, class Step, class Refuse>
class Settling {
 public:
  Settling(const Step& step, const Refuse& refuse) : step_(step), refuse_(refuse) {}

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
    // Only what is its own is held against a job: whoever lost every race is told to come back.
    if (open.empty() || (!stopped && rounds == 1)) return open;
    if (open.size() > 1) return halve(std::move(open), stopped ? rounds : rounds - 1);
    if (!stopped) return open;
    refuse_(*open.front(), *stopped);
    return {};
  }

 private:
  /// The same again would end the same.
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

/// Runs `step` (load, decide, commit, answer) over the jobs until all are done. `step` returns those that
/// lost a race and have to be decided again, or why the registry refused the whole batch. What was in doubt
/// is simply run again: the load shows whether it was committed. A batch with a poison row, or one that takes
/// the registry too long or meets a lock, is halved until the row stands alone, and then `refuse` gets it and
/// why. What met others `rounds` times is halved too, for one round less each time, so that it comes to an
/// end. Returns the jobs that nobody answered.
template <class Job, class Step, class Refuse>
[[nodiscard]] std::vector<Job*> settle(std::vector<Job*> open, const Step& step, const Refuse& refuse,
                                       int rounds = most_rounds) {
  return Settling<Job, Step, Refuse>(step, refuse).run(std::move(open), rounds);
}

}  // namespace latchkey::service
