#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace latchkey::mqtt {

/// Exponential backoff with jitter: a random delay between 0.5 s and a ceiling that doubles from 1.5 s to 8
/// s, so that a fleet does not reconnect all at once after an outage.
class Backoff {
 public:
  explicit Backoff(std::minstd_rand::result_type seed) : random_(seed) {}

  [[nodiscard]] std::chrono::duration<double> next() {
    const double delay = std::uniform_real_distribution(0.5, ceiling_)(random_);
    ceiling_ = std::min(2 * ceiling_, 8.0);
    return std::chrono::duration<double>(delay);
  }
  /// Call after a successful connection: the next loss starts from the beginning.
  void reset() noexcept { ceiling_ = 1.5; }

 private:
  std::minstd_rand random_;
  double ceiling_ = 1.5;
};

}  // namespace latchkey::mqtt
