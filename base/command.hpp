#pragma once

#include <chrono>
#include <expected>
#include <string>

namespace latchkey::service {

/// Runs a program by its full path with arguments, separated by spaces: no shell, nothing of our open files,
/// an empty environment. It is killed when the time is over. The error says how it ended.
[[nodiscard]] std::expected<void, std::string> run_command(const std::string& command,
                                                           std::chrono::milliseconds limit);

}  // namespace latchkey::service
