#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

namespace latchkey::device {

/// Runs a program without a shell and waits for it. Its output is used for the error only. The error, for
/// people: it cannot be started, exited with a status other than 0 (with the last line of its output), or was
/// killed after `limit`. `argv[0]` is a path, or a name on PATH.
[[nodiscard]] std::expected<void, std::string> run_program(const std::vector<std::string>& argv,
                                                           std::chrono::milliseconds limit);

}  // namespace latchkey::device
