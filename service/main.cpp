#include "device/command.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/outcome.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <functional>
#include <iostream>
#include <string>

namespace {

using latchkey::cli::report;
namespace exit_code = latchkey::exit_code;

constexpr const char* about =
    "Latchkey provisions devices over MQTT: a device asks, is checked, registered in PostgreSQL, and\n"
    "gets its credential and configuration.";

constexpr const char* first_steps =
    "First steps of an installation: `ca init`, `db migrate`, `enroll`, `config check`, `serve`.\n"
    "`doctor` says what is wrong with one. Each command tells more with --help.";

// Every command takes --config; those that need none do not show it.
void accept_config_everywhere(CLI::App& app, std::string& ignored) {
  const auto verbs = app.get_subcommands([](const CLI::App*) { return true; });
  for (CLI::App* const verb : verbs)
    accept_config_everywhere(*verb, ignored);
  if (verbs.empty() && app.get_option_no_throw("--config") == nullptr)
    app.add_option("--config", ignored)->group("");
}

/// "latchkey enroll group", as far as the command line was understood.
std::string understood(const CLI::App& root) {
  std::string words = root.get_name();
  for (const CLI::App* app = &root; !app->get_subcommands().empty();) {
    app = app->get_subcommands().front();
    words += " " + app->get_name();
  }
  return words;
}

std::string one_line(std::string text) {
  for (char& c : text)
    c = c == '\n' ? ' ' : c;
  return text;
}

/// CLI11 says that a command is missing even where there is a word that is none.
std::string complaint(const CLI::App& root, const CLI::ParseError& error) {
  const auto rest = root.remaining(true);
  const bool is_word = !rest.empty() && !rest.front().starts_with('-');
  if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr || !is_word) return one_line(error.what());
  return "\"" + rest.front() + "\" is no command of " + understood(root);
}

int run_program(int argc, char** argv) {
  CLI::App root(about, "latchkey");
  root.set_version_flag("--version", "latchkey " LATCHKEY_VERSION, "Print the version");
  root.footer(first_steps);
  root.require_subcommand(1);
  std::function<int()> run;
  latchkey::cli::add_serve_command(root, run);
  latchkey::cli::add_health_command(root, run);
  latchkey::cli::add_doctor_command(root, run);
  latchkey::cli::add_config_commands(root, run);
  latchkey::cli::add_db_commands(root, run);
  latchkey::cli::add_ca_commands(root, run);
  latchkey::cli::add_enroll_commands(root, run);
  latchkey::cli::add_explain_command(root, run);
  latchkey::device::add_device_command(root, run);
  latchkey::device::add_simulate_command(root, run);
  std::string ignored;
  accept_config_everywhere(root, ignored);
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return root.exit(success);
  } catch (const CLI::ParseError& error) {
    return report(
        {exit_code::usage, {complaint(root, error)}, "`" + understood(root) + " --help` tells more"});
  }
  return run ? run() : exit_code::bug;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_program(argc, argv);
  } catch (const std::exception& error) {
    return report({exit_code::bug, {std::string("a fault of the program: ") + error.what()}, ""});
  }
}
