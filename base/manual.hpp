#pragma once

#include "base/command_line.hpp"

#include <string>

namespace latchkey {

/// The manual page of a program, section 1, for `man`: all commands, with their help.
[[nodiscard]] std::string manual_page(const CommandText& program, const std::string& version);

}  // namespace latchkey
