#include "service/config/config.hpp"

#include "base/listen_address.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/json.hpp"
#include "service/config/pki_files.hpp"
#include "service/config/reading.hpp"
#include "service/observability/timestamp.hpp"

#include <nlohmann/json.hpp>

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

void remark_on_rabbitmq(const service::Config& config) {
  if (config.is_for_rabbitmq())
    say("broker_access.mode: RabbitMQ cannot serve devices with . or : in their ids, which are refused");
  else if (config.asks_alone())
    say("broker_access.bootstrap_username: RabbitMQ needs it, since its own rules take a client id for a "
        "pattern; "
        "other brokers may know this account themselves");
}

struct Flags {
  std::string config_file;
  bool json = false;
};

int run_check(const Flags& flags) {
  const auto file = service::config_path(flags.config_file);
  service::Settings settings(file, {});
  auto complaints = complaints_about(settings);
  remark_on_page(settings.config());
  remark_on_rabbitmq(settings.config());
  if (!complaints.empty()) return report(fail(std::move(complaints)).error(), flags.json);
  say(file.string() + ": no errors");
  if (flags.json)
    std::cout << json_text({{"file", file.string()}, {"errors", nlohmann::json::array()}}) << '\n';
  return exit_code::ok;
}

int run_show_json(const Flags& flags) {
  const auto shown = service::show_options(service::config_path(flags.config_file));
  if (!shown) return report(fail(shown.error()).error(), true);
  auto list = nlohmann::json::array();
  for (const auto& option : *shown)
    list.push_back({{"option", option.name},
                    {"value", nlohmann::json::parse(option.value.value_or("null"), nullptr, false)},
                    {"source", option.source}});
  std::cout << json_text(list) << '\n';
  return exit_code::ok;
}

int run_show(const Flags& flags) {
  if (flags.json) return run_show_json(flags);
  const auto text = service::show_config(service::config_path(flags.config_file));
  if (!text) return report(fail(text.error()).error());
  std::cout << *text;
  return exit_code::ok;
}

int run_reference(const Flags&) {
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
  int (*act)(const Flags& flags);
  bool has_json = true;
};

Command add_verb(Command& config, const Verb& verb) {
  auto command = config.add(verb.name, verb.help);
  const auto flags = std::make_shared<Flags>();
  add_config_flag(command, flags->config_file);
  if (verb.has_json) command.flag("--json", flags->json, "Print JSON on stdout");
  command.footer(exit_codes);
  command.does([flags, act = verb.act] { return act(*flags); });
  return command;
}

}  // namespace

void add_config_commands(Command& root) {
  auto config = root.add("config", "Check and show the configuration");
  add_verb(config, {"check", check_help, run_check});
  add_verb(config, {"show", show_help, run_show});
  // Generates docs/configuration.md. Hidden: operators do not need it.
  add_verb(config, {"reference", "Print docs/configuration.md", run_reference, false}).hide();
}

}  // namespace latchkey::cli
