#include "service/config/config.hpp"

#include "base/listen_address.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/flags.hpp"
#include "service/config/pki_files.hpp"
#include "service/config/reading.hpp"
#include "service/observability/timestamp.hpp"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

namespace latchkey::cli {
namespace {

/// A complaint without the option's name: "pki.device_ca_file: cannot open x" -> "cannot open x".
std::string_view fault_in(std::string_view complaint) {
  return complaint.substr(complaint.find(": ") + 2);
}

/// Everything that `serve` checks before it starts: the options, and the certificates that they name, as far
/// as they can be read.
service::Complaints complaints_about(service::Settings& settings) {
  service::read_into(settings, service::own_variables());
  service::Complaints all = settings.complaints();
  const auto pki = service::load_pki(settings.config(), service::current_time());
  if (pki) return all;
  const auto is_known = [known = all](const std::string& complaint) {
    return std::ranges::any_of(known, [&](const std::string& each) {
      return each.contains(fault_in(complaint)) || each.contains(complaint.substr(0, complaint.find(':')));
    });
  };
  std::ranges::remove_copy_if(pki.error(), std::back_inserter(all), is_known);
  return all;
}

/// A note about a valid setting that may not be intended.
void remark_on_page(const service::Config& config) {
  const auto address = service::ListenAddress::parse(config.http.listen);
  if (address && !address->is_loopback() && config.http.token_file.empty())
    say("http.listen: " + config.http.listen +
        " is not a loopback address and http.token_file is not set: the fleet page refuses every request; "
        "/livez, /readyz and /metrics answer without a login");
}

int run_check(const std::string& config_file) {
  const auto file = service::config_path(config_file);
  service::Settings settings(file, {});
  auto complaints = complaints_about(settings);
  remark_on_page(settings.config());
  if (!complaints.empty()) return report(fail(std::move(complaints)).error());
  say(file.string() + ": no errors");
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
    "Check the configuration and the files that it names. Lists all errors at once, with file and\n"
    "line. Starts nothing.";
constexpr const char* show_help =
    "Print the configuration in effect as TOML. Each value is followed by its source: file and line,\n"
    "environment variable, or default.";
constexpr const char* exit_codes = "Exit codes: 0 no errors, 78 wrong configuration.";

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
  auto config = root.add("config", "Check and show the configuration");
  add_verb(config, {"check", check_help, run_check});
  add_verb(config, {"show", show_help, run_show});
  // Generates docs/configuration.md. Hidden: operators do not need it.
  add_verb(config, {"reference", "Print docs/configuration.md", run_reference}).hide();
}

}  // namespace latchkey::cli
