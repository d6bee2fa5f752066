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

  /// The device's own clock, never before the greatest server_time; without a clock that one, and how long
  /// ago it was heard; nothing (dates are skipped) until one was.
  [[nodiscard]] std::optional<crypto::Time> now() const;
  /// From a signed answer. Durable when it returns; the error is that it could not be stored.
  [[nodiscard]] std::expected<void, std::string> learn(std::int64_t server_time);

 private:
  using Steady = std::chrono::steady_clock;
  [[nodiscard]] std::optional<std::int64_t> service_clock() const;

  const Store& store_;
  const Environment& environment_;
  std::optional<std::int64_t> greatest_;
  Steady::time_point heard_;
};

}  // namespace latchkey::device
