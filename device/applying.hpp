#pragma once

#include "device/context.hpp"

#include <expected>
#include <string>

namespace latchkey::device {

/// Why a configuration is not in force: the words of `failed`.
struct ApplyFailure {
  std::string code;
  std::string message;
};

/// Puts the stored configuration in force (docs/device.md): `on_config` takes it, then it is put into
/// `config_file`, then the store knows that it is applied. Where power goes in between, or a step fails, all
/// of it is done again the next time. Durable when it returns; takes at most a minute.
[[nodiscard]] std::expected<void, ApplyFailure> apply_config(const Context& context);

}  // namespace latchkey::device
