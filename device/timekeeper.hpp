#pragma once

#include "device/environment.hpp"
#include "device/store.hpp"

#include <chrono>

namespace latchkey::device {

/// The device's trusted time (docs/protocol.md, 7). `store` and `environment` must outlive it.
class Timekeeper {
 public:
  Timekeeper(const Store& store, const Environment& environment);

  /// The server_time of a signed answer since the start, plus the time since then. Nothing before the first
  /// one, so that dates are not checked: the device's own clock is not trusted.
  [[nodiscard]] std::optional<crypto::Time> now() const;
  /// A lower bound: the greatest server_time of any signed answer.
  [[nodiscard]] std::optional<crypto::Time> earliest() const;
  /// For the device's own scheduling, not for verification: `now`, else its own clock, but never before
  /// `earliest`.
  [[nodiscard]] std::optional<crypto::Time> guess() const;
  /// Records the server_time of a signed answer. Durable when it returns; the error says why it cannot be
  /// stored.
  [[nodiscard]] std::expected<void, std::string> learn(std::int64_t server_time);

 private:
  using Steady = std::chrono::steady_clock;
  const Store& store_;
  const Environment& environment_;
  std::optional<std::int64_t> greatest_;
  std::optional<Steady::time_point> heard_;
};

}  // namespace latchkey::device
