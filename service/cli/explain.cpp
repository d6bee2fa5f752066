#include "service/enrolment/explain.hpp"

#include "crypto/mac.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/json.hpp"
#include "service/config/config.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

namespace latchkey::cli {
namespace {

using Checks = std::vector<service::ExplainedCheck>;

constexpr const char* variable = "LATCHKEY_DB_URL";

struct Flags {
  std::string id;
  std::optional<std::string> group;
  std::string token_file;
  DatabaseFlags database;
  bool json = false;
};

/// True if the service gives passwords. Assumed if its configuration cannot be read, for example on an
/// operator's machine.
bool gives_passwords(const std::string& config_file) {
  const auto config = service::load_config(service::config_path(config_file), {"broker_access"});
  return !config || config->broker_access.mode != "none";
}

Result<Checks> run_checks(const Flags& flags) {
  const auto id = protocol::DeviceId::parse(flags.id);
  if (!id)
    return fail(exit_code::usage, "\"" + flags.id + "\" is not a valid device id",
                protocol::fault_of_id(flags.id));
  registry::ProofNamed named{flags.group, std::nullopt};
  if (!flags.token_file.empty()) {
    const auto token = crypto::read_line_file(flags.token_file);
    if (!token) return fail(exit_code::bad_data, token.error().what);
    named.token_hash = crypto::sha256(token->view());
  }
  const auto database = find_database(flags.database, variable);
  if (!database) return std::unexpected(database.error());
  const auto known = registry::load_explained(*database, *id, named);
  if (!known) return fail(known.error(), operators_login);
  return service::explain(*id, *known, gives_passwords(flags.database.config_file));
}

void print(const Checks& checks) {
  constexpr std::size_t width = 20;
  for (const auto& check : checks) {
    std::string line = (check.passes ? "ok       " : "refused  ") + check.name;
    if (!check.detail.empty()) line.resize(std::max(line.size() + 1, width + 9), ' ');
    std::cout << line << check.detail << '\n';
    if (!check.passes) std::cout << "         to pass: " << check.remedy << '\n';
  }
}

void print_json(const Flags& flags, const Checks& checks, bool accepted) {
  auto list = nlohmann::json::array();
  for (const auto& check : checks) {
    nlohmann::json item{{"check", check.name}, {"passes", check.passes}};
    if (!check.detail.empty()) item["detail"] = check.detail;
    if (check.reason) item["reason"] = registry::row_of(*check.reason).id;
    if (!check.passes) item["remedy"] = check.remedy;
    list.push_back(std::move(item));
  }
  const nlohmann::json object{{"device_id", flags.id}, {"accepted", accepted}, {"checks", std::move(list)}};
  std::cout << json_text(object) << '\n';
}

int run_explain(const Flags& flags) {
  const auto checks = run_checks(flags);
  if (!checks) return report(checks.error(), flags.json);
  const bool accepted = std::ranges::all_of(*checks, &service::ExplainedCheck::passes);
  flags.json ? print_json(flags, *checks, accepted) : print(*checks);
  say(flags.id + (accepted ? " gets a credential if its proof is valid" : " gets no credential"));
  return accepted ? exit_code::ok : exit_code::negative;
}

constexpr const char* help =
    "Say whether a device with a valid proof would get a credential now. Lists each check and, for a\n"
    "check that fails, what an operator can do. Applies the service's own rules and sends no request.\n"
    "The proof itself, the clock, the CSR and the request_id are not checked: they belong to a request;\n"
    "registry.attempts says why a request was refused. Whether passwords are issued (broker_access.mode)\n"
    "is read from the service's configuration if that can be read.";
constexpr const char* footer =
    "Examples:\n"
    "  latchkey explain 12345\n"
    "  latchkey explain M-000001 --group meters --json\n"
    "\n"
    "Exit codes: 0 it would get one, 1 it would not, 64 wrong flags, 65 unusable file, 69 no database,\n"
    "77 the login lacks a right.";

}  // namespace

void add_explain_command(Command& root) {
  auto command = root.add("explain", help);
  const auto flags = std::make_shared<Flags>();
  command.value("ID", flags->id, "The device's id", {.required = true});
  command.value("--group", flags->group,
                "Group whose proof it has, if it has no enrolment of its own (default: the group that\n"
                "registered it)",
                {.metavar = "NAME"});
  command.value("--token-file", flags->token_file,
                "Token that is its proof; the group, the uses and the end of the token are checked",
                {.metavar = "FILE", .excludes = "--group"});
  add_database_flag(command, flags->database.url, variable);
  add_config_flag(command, flags->database.config_file);
  command.flag("--json", flags->json, "Print a JSON object on stdout");
  command.footer(footer);
  command.does([flags] { return run_explain(*flags); });
}

}  // namespace latchkey::cli
