#include "service/cli/commands.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/json.hpp"
#include "service/observability/http/client.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <sstream>
#include <string>

namespace latchkey::cli {
namespace {

constexpr std::chrono::seconds limit{3};

struct Flags {
  std::string config_file;
  bool live = false;
  bool json = false;
};

/// {"ready": false, "checks": ["[-] broker: not connected", ...]}
void print_json(const service::HttpAnswer& answer) {
  auto checks = nlohmann::json::array();
  std::istringstream body(answer.body);
  for (std::string line; std::getline(body, line);)
    if (line.starts_with('[')) checks.push_back(line);
  const nlohmann::json object{{"ready", answer.status == 200}, {"checks", std::move(checks)}};
  std::cout << json_text(object) << '\n';
}

int run_health(const Flags& flags) {
  const auto config = service::load_config(service::config_path(flags.config_file), {"http"});
  if (!config) return report(fail(config.error()).error(), flags.json);
  const std::string& listen = config->http.listen;
  const auto address = service::ListenAddress::parse(listen);
  if (!address)
    return report(
        fail(exit_code::configuration, "http.listen is off: the service answers no health check").error(),
        flags.json);
  const auto answer = service::http_get(*address, flags.live ? "/livez" : "/readyz?verbose", limit);
  if (!answer)
    return report(fail(exit_code::unavailable, "no service answers on " + listen + ": " + answer.error(),
                       "check that `latchkey serve` runs with this configuration")
                      .error(),
                  flags.json);
  flags.json ? print_json(*answer) : void(std::cout << answer->body);
  return answer->status == 200 ? exit_code::ok : exit_code::negative;
}

constexpr const char* help =
    "Ask the service on this machine whether it is ready, and print the checks that fail. Use it as a\n"
    "container's health check.";
constexpr const char* footer =
    "Exit codes: 0 ready, 1 not ready, 69 no answer within 3 s, 78 wrong configuration.";

}  // namespace

void add_health_command(Command& root) {
  auto command = root.add("health", help);
  const auto flags = std::make_shared<Flags>();
  add_config_flag(command, flags->config_file);
  command.flag("--live", flags->live, "Ask only whether the process works (/livez)");
  command.flag("--json", flags->json, "Print a JSON object on stdout");
  command.footer(footer);
  command.does([flags] { return run_health(*flags); });
}

}  // namespace latchkey::cli
