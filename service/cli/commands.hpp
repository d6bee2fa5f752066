#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace latchkey::cli {

/// Each adds a noun with its verbs. When the command line chose one of them, `run` is set to what does it and
/// returns the exit code; `run` and `root` outlive the parsing.
void add_serve_command(CLI::App& root, std::function<int()>& run);
void add_health_command(CLI::App& root, std::function<int()>& run);
void add_doctor_command(CLI::App& root, std::function<int()>& run);
void add_config_commands(CLI::App& root, std::function<int()>& run);
void add_db_commands(CLI::App& root, std::function<int()>& run);
void add_ca_commands(CLI::App& root, std::function<int()>& run);
void add_enroll_commands(CLI::App& root, std::function<int()>& run);
void add_explain_command(CLI::App& root, std::function<int()>& run);

}  // namespace latchkey::cli
