#pragma once

#include "base/command_line.hpp"

#include <string>

namespace latchkey {

/// Scripts by which a shell completes the commands, flags and words of a program.
[[nodiscard]] std::string bash_completion(const CommandText& program);
[[nodiscard]] std::string zsh_completion(const CommandText& program);
[[nodiscard]] std::string fish_completion(const CommandText& program);

}  // namespace latchkey
