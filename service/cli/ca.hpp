#pragma once

#include "base/command_line.hpp"

// The verbs of `latchkey ca`.
namespace latchkey::cli {

void add_ca_show(Command& ca);

}  // namespace latchkey::cli
