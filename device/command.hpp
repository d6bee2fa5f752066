#pragma once

#include "base/command_line.hpp"

namespace latchkey::device {

/// Adds `provision`, `run`, `simulate` and `factory`.
void add_commands(Command root);

/// Adds `simulate`.
void add_simulate_command(Command& root);

/// Adds `factory`.
void add_factory_command(Command& root);

}  // namespace latchkey::device
