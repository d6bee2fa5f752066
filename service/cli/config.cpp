#include "service/config/config.hpp"

#include "service/cli/commands.hpp"
#include "service/cli/flags.hpp"
#include "service/config/pki_files.hpp"
#include "service/config/table.hpp"
#include "service/observability/timestamp.hpp"

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

namespace latchkey::cli {
namespace {

/// What `serve` checks before it starts: the options, and the certificates that they name.
Result<void> check(const std::filesystem::path& file) {
  const auto config = service::load_config(file);
  if (!config) return fail(config.error());
  const auto now = service::current_time();
  const auto pki = service::load_pki(*config, now);
  if (!pki) return fail(pki.error());
  return {};
}

int run_check(const std::string& config_file) {
  const auto file = service::config_path(config_file);
  if (const auto checked = check(file); !checked) return report(checked.error());
  say(file.string() + ": nothing is wrong with it");
  return exit_code::ok;
}

int run_show(const std::string& config_file) {
  const auto text = service::show_config(service::config_path(config_file));
  if (!text) return report(fail(text.error()).error());
  std::cout << *text;
  return exit_code::ok;
}

int run_reference(const std::string&) {
  std::cout << service::config_reference();
  return exit_code::ok;
}

constexpr const char* check_help =
    "Check the configuration and the files that it names, without starting anything. Lists all\n"
    "that is wrong at once, with file and line.";
constexpr const char* show_help =
    "Print the configuration that holds, as TOML, each value with where it comes from: the file\n"
    "with its line, an environment variable, or the default.";
constexpr const char* exit_codes = "Exit codes: 0 nothing is wrong, 78 something is.";

struct Verb {
  const char* name;
  const char* help;
  int (*act)(const std::string& config_file);
};

Command add_verb(Command& config, const Verb& verb) {
  auto command = config.add(verb.name, verb.help);
  const auto config_file = std::make_shared<std::string>();
  add_config_flag(command, *config_file);
  command.footer(exit_codes);
  command.does([config_file, act = verb.act] { return act(*config_file); });
  return command;
}

}  // namespace

void add_config_commands(Command& root) {
  auto config = root.add("config", "The configuration: check it, show it");
  add_verb(config, {"check", check_help, run_check});
  add_verb(config, {"show", show_help, run_show});
  // For writing docs/configuration.md; of no use to anybody else, so the help does not name it.
  add_verb(config, {"reference", "Print docs/configuration.md", run_reference}).hide();
}

}  // namespace latchkey::cli
