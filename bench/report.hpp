#pragma once

#include "bench/load.hpp"

#include <string>

namespace latchkey::bench {

/// What a load led to: one JSON object. `lost` were never answered. With `check` every answer is looked at:
/// `wrong` counts those that a device would not take, with the first few in `faults`.
[[nodiscard]] std::string report(const Fleet& fleet, const Load& load, bool check);

}  // namespace latchkey::bench
