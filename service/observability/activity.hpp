#pragma once

#include <atomic>
#include <chrono>

namespace latchkey::service {

/// Detects a thread that is stuck. The thread holds a Scope while it works on one batch; any thread may call
/// `stuck`.
class Activity {
 public:
  using Clock = std::chrono::steady_clock;

  class Scope {
   public:
    explicit Scope(Activity& activity) noexcept : activity_(activity) { activity_.since_ = Clock::now(); }
    ~Scope() { activity_.since_ = idle; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Activity& activity_;
  };

  /// True if the thread has worked on the same batch for longer than `limit`.
  [[nodiscard]] bool stuck(Clock::duration limit, Clock::time_point now) const noexcept {
    const auto since = since_.load();
    return since != idle && now - since > limit;
  }

 private:
  static constexpr Clock::time_point idle{};
  std::atomic<Clock::time_point> since_ = idle;
};

}  // namespace latchkey::service
