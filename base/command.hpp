#pragma once

#include <chrono>
#include <expected>
#include <string>

namespace latchkey::service {

/// Runs `command`, a full path and its arguments separated by spaces: no shell, none of our open files, an
/// empty environment. Kills the program after `limit`. The error says how the program ended.
[[nodiscard]] std::expected<void, std::string> run_command(const std::string& command,
                                                           std::chrono::milliseconds limit);

}  // namespace latchkey::service
