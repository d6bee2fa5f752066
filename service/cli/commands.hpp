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
void add_plan_command(Command& root);
void add_broker_commands(Command& root);

/// Those of the folder fleet, for operators.
void add_device_commands(Command& root);
void add_group_commands(Command& root);
void add_token_commands(Command& root);
void add_configuration_commands(Command& root);
void add_rights_commands(Command& root);

/// `completion` and `manual`, which describe all commands of `line` that are added by the time they run.
void add_completion_commands(Command& root, const CommandLine& line);

}  // namespace latchkey::cli
