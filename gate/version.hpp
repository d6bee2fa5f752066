#pragma once

namespace latchkey::gate {

/// The version that the gate's answers name. It changes with the control protocol.
inline constexpr const char* version = "1";

}  // namespace latchkey::gate
