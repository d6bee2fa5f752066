#pragma once

#include "base/command_line.hpp"

namespace latchkey::device {

/// Adds `device provision` and `device run`.
void add_device_command(Command& root);

/// Adds `simulate`.
void add_simulate_command(Command& root);

}  // namespace latchkey::device
