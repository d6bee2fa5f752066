#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

namespace latchkey::device {

/// Runs a program, without a shell, and waits for it; what it prints goes nowhere but into the error. The
/// error, for people: it cannot be started, it ended with another status than 0 (with the last line that it
/// printed), or it was killed because `limit` passed. `argv[0]` is the program: a path, or a name on PATH.
[[nodiscard]] std::expected<void, std::string> run_program(const std::vector<std::string>& argv,
                                                           std::chrono::milliseconds limit);

}  // namespace latchkey::device
