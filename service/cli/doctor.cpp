#include "service/doctor/doctor.hpp"

#include "service/cli/commands.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/json.hpp"
#include "service/observability/timestamp.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

namespace latchkey::cli {
namespace {

using service::Finding;
using service::Findings;

struct Flags {
  std::string config_file;
  bool json = false;
};

std::string_view name_of(Finding::Result result) {
  switch (result) {
    case Finding::Result::fine:
      return "ok";
    case Finding::Result::problem:
      return "problem";
    case Finding::Result::skipped:
      break;
  }
  return "skipped";
}

std::string_view mark_of(Finding::Result result) {
  switch (result) {
    case Finding::Result::fine:
      return "[+] ";
    case Finding::Result::problem:
      return "[-] ";
    case Finding::Result::skipped:
      break;
  }
  return "[ ] ";
}

void print_text(const Findings& findings) {
  for (const Finding& finding : findings) {
    std::cout << mark_of(finding.result) << finding.check << ": " << finding.what << '\n';
    if (finding.result == Finding::Result::problem)
      std::cout << "    " << finding.code << ": " << finding.todo << '\n';
  }
}

void print_json(const Findings& findings) {
  auto list = nlohmann::json::array();
  for (const Finding& finding : findings) {
    nlohmann::json entry = {
        {"check", finding.check}, {"result", name_of(finding.result)}, {"what", finding.what}};
    if (finding.result == Finding::Result::problem) {
      entry["code"] = finding.code;
      entry["todo"] = finding.todo;
    }
    list.push_back(std::move(entry));
  }
  // Texts of others (a broker's reason, a certificate's name) may be invalid UTF-8.
  std::cout << json_text(list) << '\n';
}

Result<crypto::Secret> password_in(const std::string& file) {
  auto password = crypto::read_optional_line_file(file);
  if (!password) return fail(exit_code::configuration, password.error().what);
  return *std::move(password);
}

Result<Findings> examine(const service::Config& config) {
  const auto broker = password_in(config.mqtt.password_file);
  if (!broker) return std::unexpected(broker.error());
  const auto access = password_in(config.broker_access.password_file);
  if (!access) return std::unexpected(access.error());
  const auto database = password_in(config.database.password_file);
  if (!database) return std::unexpected(database.error());
  const auto now = service::current_time();
  Findings all = service::examine_certificates(config, now);
  for (auto& finding : service::examine_database(config, *database))
    all.push_back(std::move(finding));
  for (auto& finding : service::examine_rights(config, *database))
    all.push_back(std::move(finding));
  for (auto& finding : service::examine_broker(config, *broker, *access, !service::has_problem(all)))
    all.push_back(std::move(finding));
  return all;
}

int run_doctor(const Flags& flags) {
  const auto config = service::load_config(service::config_path(flags.config_file));
  if (!config) return report(fail(config.error()).error(), flags.json);
  const auto findings = examine(*config);
  if (!findings) return report(findings.error(), flags.json);
  flags.json ? print_json(*findings) : print_text(*findings);
  return service::has_problem(*findings) ? exit_code::negative : exit_code::ok;
}

constexpr const char* help =
    "Check everything that the service depends on, report each problem and say how to fix it. Broker:\n"
    "certificate, login, rights, limits, whether its plugin takes commands. Database: login, schema, clock,\n"
    "client ids used twice. Keys and certificates. Run it on the service's machine, with the service's\n"
    "configuration. It changes nothing and does not disturb a running service.";
constexpr const char* footer =
    "Example:\n"
    "  latchkey doctor --config /etc/latchkey/latchkey.toml\n"
    "\n"
    "Each line begins with [+] (no problem), [-] (a problem) or [ ] (not checked). docs/doctor.md\n"
    "lists the problems.\n"
    "Exit codes: 0 no problem, 1 a problem was found, 78 wrong configuration.";

}  // namespace

void add_doctor_command(Command& root) {
  auto command = root.add("doctor", help);
  const auto flags = std::make_shared<Flags>();
  add_config_flag(command, flags->config_file);
  command.flag("--json", flags->json,
               "Print a JSON array on stdout: check, result, what; for a problem also code and todo");
  command.footer(footer);
  command.does([flags] { return run_doctor(*flags); });
}

}  // namespace latchkey::cli
