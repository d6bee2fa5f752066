#pragma once

#include "device/environment.hpp"
#include "device/store.hpp"

#include <chrono>

namespace latchkey::device {

/// What time it is, as far as the device may believe it (docs/protocol.md, 7). `store` and `environment`
/// outlive it.
class Timekeeper {
 public:
  Timekeeper(const Store& store, const Environment& environment);

  /// What a signed answer told since this began, and how long ago that was. Nothing (dates are skipped) until
  /// one did: a clock that no signed answer set is not believed, ahead or behind.
  [[nodiscard]] std::optional<crypto::Time> now() const;
  /// It is this or later: the greatest that a signed answer ever told.
  [[nodiscard]] std::optional<crypto::Time> earliest() const;
  /// For what the device plans by itself, and nobody's word hangs on: `now`, else its own clock, never before
  /// `earliest`.
  [[nodiscard]] std::optional<crypto::Time> guess() const;
  /// From a signed answer. Durable when it returns; the error is that it could not be stored.
  [[nodiscard]] std::expected<void, std::string> learn(std::int64_t server_time);

 private:
  using Steady = std::chrono::steady_clock;
  const Store& store_;
  const Environment& environment_;
  std::optional<std::int64_t> greatest_;
  std::optional<Steady::time_point> heard_;
};

}  // namespace latchkey::device
