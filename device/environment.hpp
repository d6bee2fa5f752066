#pragma once

#include "crypto/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace latchkey::device {

/// What a device takes from the world besides messages. Parameters, so that tests own them.
struct Environment {
  std::function<std::optional<std::int64_t>()> clock;  ///< Unix seconds; nothing: the device has no clock
  std::function<double()> uniform;                     ///< in [0, 1), for jitter only
  std::function<crypto::Bytes(std::size_t)> random_bytes;
};

/// The operating system's. Without a clock the hardware has none that anybody set.
[[nodiscard]] Environment system_environment(bool has_clock);

}  // namespace latchkey::device
