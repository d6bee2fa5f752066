#pragma once

namespace latchkey::gate {

/// What the gate calls itself in its answers. It changes with the control protocol.
inline constexpr const char* version = "1";

}  // namespace latchkey::gate
