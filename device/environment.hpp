#pragma once

#include "crypto/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace latchkey::device {

/// A device's inputs besides messages, as parameters so that tests can control them.
struct Environment {
  std::function<std::optional<std::int64_t>()> clock;  ///< Unix seconds; nothing: the device has no clock
  std::function<double()> uniform;                     ///< in [0, 1), for jitter only
  std::function<crypto::Bytes(std::size_t)> random_bytes;
};

/// The operating system's. `has_clock` is false for hardware without a clock that keeps time.
[[nodiscard]] Environment system_environment(bool has_clock);

}  // namespace latchkey::device
