#pragma once

#include "crypto/mac.hpp"
#include "registry/registry.hpp"

#include <chrono>
#include <expected>
#include <span>
#include <thread>
#include <vector>

namespace latchkey::service {

/// How often a batch is run again before it is split or given up.
inline constexpr int most_rounds = 5;

/// 5 to 50 ms: two batches that met in the database should not meet again.
inline void pause_before_retry() {
  std::uint8_t noise = 0;
  crypto::fill_random(std::span(&noise, 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(5 + noise % 46));
}

/// Runs `step` (load, decide, commit, answer) over the jobs until all are done. `step` returns those that
/// lost a race and have to be decided again, or why the registry refused the whole batch. What was in doubt
/// is simply run again: the load shows whether it was committed. A batch with a poison row is halved until
/// the row stands alone, and then `refuse` gets it. What met others `rounds` times is halved too, for one
/// round less each time, so that it comes to an end. Returns the jobs that nobody answered.
template <class Job, class Step, class Refuse>
[[nodiscard]] std::vector<Job*> settle(std::vector<Job*> open, const Step& step, const Refuse& refuse,
                                       int rounds = most_rounds) {
  bool poisoned = false;
  for (int round = 0; round < rounds && !open.empty() && !poisoned; ++round) {
    std::expected<std::vector<Job*>, registry::Error> again = step(std::span<Job* const>(open));
    if (again) {
      open = std::move(*again);
    } else if (again.error().failure == registry::Failure::unavailable) {
      return open;
    } else if (again.error().failure == registry::Failure::poison) {
      poisoned = true;
    } else {
      pause_before_retry();
    }
  }
  // Only its own data is held against a job: whoever lost every race is told to come back.
  if (open.empty() || (!poisoned && (open.size() == 1 || rounds == 1))) return open;
  if (open.size() == 1) {
    refuse(*open.front());
    return {};
  }
  if (!poisoned) --rounds;
  const auto middle = open.begin() + static_cast<std::ptrdiff_t>(open.size() / 2);
  auto left = settle(std::vector<Job*>(open.begin(), middle), step, refuse, rounds);
  const auto right = settle(std::vector<Job*>(middle, open.end()), step, refuse, rounds);
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace latchkey::service
