#pragma once

#include "base/command_line.hpp"

namespace latchkey::cli {

/// Each adds a command with its verbs.
void add_serve_command(Command& root);
void add_health_command(Command& root);
void add_doctor_command(Command& root);
void add_config_commands(Command& root);
void add_db_commands(Command& root);
void add_ca_commands(Command& root);
void add_enroll_commands(Command& root);
void add_explain_command(Command& root);

}  // namespace latchkey::cli
