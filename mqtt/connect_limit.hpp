#pragma once

#include <algorithm>
#include <chrono>

namespace latchkey::mqtt {

/// How long an attempt to connect may take. It doubles after each attempt that took too long: if a fleet
/// reconnects at once, the broker needs longer than usual for all of the handshakes, and each that is given
/// up was wasted.
class ConnectLimit {
 public:
  ConnectLimit(std::chrono::seconds first, std::chrono::seconds longest)
      : first_(first), longest_(std::max(first, longest)), now_(first) {}

  [[nodiscard]] std::chrono::seconds now() const noexcept { return now_; }
  void took_too_long() noexcept { now_ = std::min(2 * now_, longest_); }
  /// Call once a connection serves: the next loss starts from the beginning.
  void reset() noexcept { now_ = first_; }

 private:
  std::chrono::seconds first_;
  std::chrono::seconds longest_;
  std::chrono::seconds now_;
};

}  // namespace latchkey::mqtt
