#pragma once

#include "base/command_line.hpp"

namespace latchkey::device {

/// Adds `provision`, `run` and `simulate`.
void add_commands(Command root);

/// Adds `simulate`.
void add_simulate_command(Command& root);

}  // namespace latchkey::device
