#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>

namespace latchkey::mqtt {

/// How long the broker may take to accept a connection or to acknowledge something. It doubles each time that
/// this took too long: if a fleet reconnects at once, the broker needs longer than usual for all of the
/// handshakes, and each that is given up was wasted. Threads may share it.
class AnswerLimit {
 public:
  AnswerLimit(std::chrono::seconds first, std::chrono::seconds longest)
      : first_(first), longest_(std::max(first, longest)), now_(first) {}

  [[nodiscard]] std::chrono::seconds now() const noexcept { return now_; }
  void took_too_long() noexcept { now_ = std::min(2 * now(), longest_); }
  /// Call when an acknowledgement came in the usual time: the next loss starts from the beginning.
  void reset() noexcept { now_ = first_; }

 private:
  std::chrono::seconds first_;
  std::chrono::seconds longest_;
  std::atomic<std::chrono::seconds> now_;
};

}  // namespace latchkey::mqtt
