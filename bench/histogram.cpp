#include "bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace latchkey::bench {
namespace {

// Below 128 each value has its own bucket; above, each power of two is divided into 64.
constexpr unsigned exact = 128;
constexpr unsigned parts = 64;
constexpr unsigned most_shifts = 64 - 7;

std::size_t bucket_of(std::uint64_t value) {
  if (value < exact) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 7;
  return exact + (shift - 1) * parts + static_cast<std::size_t>((value >> shift) - parts);
}

std::uint64_t end_of(std::size_t bucket) {
  if (bucket < exact) return bucket;
  const std::size_t shift = (bucket - exact) / parts + 1;
  const std::uint64_t part = (bucket - exact) % parts + parts;
  return ((part + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(exact + std::size_t{most_shifts} * parts) {}

void Histogram::record(std::chrono::nanoseconds value) noexcept {
  value = std::max(value, std::chrono::nanoseconds(0));
  ++counts_[bucket_of(static_cast<std::uint64_t>(value.count()))];
  ++count_;
  max_ = std::max(max_, value);
}

std::chrono::nanoseconds Histogram::at(double share) const noexcept {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen > 0 && seen >= wanted)
      return std::min(max_, std::chrono::nanoseconds(static_cast<std::int64_t>(end_of(bucket))));
  }
  return max_;
}

}  // namespace latchkey::bench
