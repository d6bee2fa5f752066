#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace latchkey::bench {

/// Durations counted in buckets whose width grows with the value (as HdrHistogram does it): every value from
/// 1 ns to centuries, each within 1/64 of itself, in a table of a few thousand counters.
class Histogram {
 public:
  Histogram();
  /// A negative duration counts as zero.
  void record(std::chrono::nanoseconds value) noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::chrono::nanoseconds max() const noexcept { return max_; }
  /// The quantile `share` (0..1), rounded up to its bucket's end, at most `max`. Zero when nothing was
  /// recorded.
  [[nodiscard]] std::chrono::nanoseconds at(double share) const noexcept;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds max_{0};
};

}  // namespace latchkey::bench
