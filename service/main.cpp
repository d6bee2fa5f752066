#include "base/core_files.hpp"
#include "crypto/openssl_exit.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/outcome.hpp"

#include <algorithm>
#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace {

using latchkey::cli::report;
namespace exit_code = latchkey::exit_code;

constexpr const char* about =
    "Latchkey provisions devices over MQTT: it checks a device's request, registers the device in\n"
    "PostgreSQL and sends it a credential and a configuration.";

constexpr const char* first_steps =
    "First steps of an installation: `ca init`, `db migrate`, `enroll`, `config check`, `serve`.\n"
    "`doctor` finds what is wrong with an installation. For the help of a command: COMMAND --help.";

/// Also for a command line that cannot be read.
bool asks_for_json(int argc, char** argv) {
  const std::span words(argv, static_cast<std::size_t>(argc));
  const auto end = std::ranges::find(words, std::string_view("--"));
  return std::find(words.begin(), end, std::string_view("--json")) != end;
}

int run_program(int argc, char** argv, bool json) {
  latchkey::CommandLine line("latchkey", about, "latchkey " LATCHKEY_VERSION);
  auto root = line.root();
  root.footer(first_steps);
  latchkey::cli::add_serve_command(root);
  latchkey::cli::add_health_command(root);
  latchkey::cli::add_doctor_command(root);
  latchkey::cli::add_config_commands(root);
  latchkey::cli::add_db_commands(root);
  latchkey::cli::add_ca_commands(root);
  latchkey::cli::add_enroll_commands(root);
  latchkey::cli::add_explain_command(root);
  latchkey::cli::add_plan_command(root);
  latchkey::cli::add_device_commands(root);
  latchkey::cli::add_group_commands(root);
  latchkey::cli::add_token_commands(root);
  latchkey::cli::add_configuration_commands(root);
  latchkey::cli::add_rights_commands(root);
  latchkey::cli::add_completion_commands(root, line);
  latchkey::cli::add_broker_commands(root);
  line.accept_everywhere("--config");
  const auto chosen = line.parse(argc, argv);
  if (!chosen) return report({exit_code::usage, {chosen.error().what}, chosen.error().hint}, json);
  return *chosen ? (*chosen)() : exit_code::bug;
}

}  // namespace

int main(int argc, char** argv) {
  latchkey::crypto::keep_openssl_until_the_end();
  latchkey::forbid_core_files();
  const bool json = asks_for_json(argc, argv);
  try {
    return run_program(argc, argv, json);
  } catch (const std::exception& error) {
    return report({exit_code::bug, {std::string("internal error: ") + error.what()}, ""}, json);
  }
}
