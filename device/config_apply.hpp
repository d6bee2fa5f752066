#pragma once

#include "device/context.hpp"

#include <expected>
#include <string>

namespace latchkey::device {

/// Why a configuration cannot be applied: the code and message of the status `failed`.
struct ApplyFailure {
  std::string code;
  std::string message;
};

/// Applies the stored configuration (docs/device.md): runs `on_config`, writes `config_file`, then marks the
/// configuration as applied in the store. After a power failure or a failed step all steps are repeated the
/// next time. The result is durable when it returns. Takes at most a minute.
[[nodiscard]] std::expected<void, ApplyFailure> apply_config(const Context& context);

}  // namespace latchkey::device
