#pragma once

#include "bench/load.hpp"

#include <string>

namespace latchkey::bench {

/// The results of a load as a JSON object. `lost` counts devices without an answer. With `check` it checks
/// every answer: `wrong` counts those that a device would refuse, `faults` lists the first few.
[[nodiscard]] std::string report(const Fleet& fleet, const Load& load, bool check);

}  // namespace latchkey::bench
