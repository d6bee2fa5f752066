#pragma once

#include <atomic>
#include <chrono>

namespace latchkey::service {

/// Whether a thread gets on with its work. The thread holds a Beat while it works on one thing; anybody may
/// ask.
class Pulse {
 public:
  using Clock = std::chrono::steady_clock;

  class Beat {
   public:
    explicit Beat(Pulse& pulse) noexcept : pulse_(pulse) { pulse_.since_ = Clock::now(); }
    ~Beat() { pulse_.since_ = idle; }
    Beat(const Beat&) = delete;
    Beat& operator=(const Beat&) = delete;

   private:
    Pulse& pulse_;
  };

  /// It has been at the same thing for longer than `limit`.
  [[nodiscard]] bool stuck(Clock::duration limit, Clock::time_point now) const noexcept {
    const auto since = since_.load();
    return since != idle && now - since > limit;
  }

 private:
  static constexpr Clock::time_point idle{};
  std::atomic<Clock::time_point> since_ = idle;
};

}  // namespace latchkey::service
