#include "protocol/rights.hpp"
#include "registry/broker_access.hpp"
#include "service/access/acl_lines.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/flags.hpp"
#include "service/config/config.hpp"

#include <iostream>
#include <memory>
#include <string>

namespace latchkey::cli {
namespace {

int run_acl(const std::string& config_file) {
  const auto config = service::load_config(service::config_path(config_file));
  if (!config) return report(fail(config.error()).error());
  auto password = crypto::read_optional_line_file(config->database.password_file);
  if (!password) return report(fail(exit_code::configuration, password.error().what).error());
  registry::Registry registry({config->database.url, *std::move(password)});
  const auto access = registry::load_gate_access(registry, {.ids = {}, .untold = 0, .after = "", .page = 0});
  if (!access) return report(fail(exit_code::unavailable, access.error().what).error());
  const protocol::Topics topics(config->mqtt.provisioning_root, config->mqtt.devices_root);
  const auto rights = access->sets.empty() ? protocol::Rights()
                                           : protocol::parse_templates(access->sets.front().rights, topics);
  if (!rights) return report(fail(exit_code::bad_data, rights.error()).error());
  std::cout << service::access::acl_lines(*rights);
  return exit_code::ok;
}

constexpr const char* help =
    "Print the fleet's rights as lines of Mosquitto's acl_file, for devices with a certificate.\n"
    "For broker_access.mode \"dynamic-security\"; the gate needs no such lines. Each line holds for every\n"
    "client, with its user name in place of %u. Without %u, in a right that devices share, it holds for\n"
    "the bootstrap account too. Rights of single groups cannot be written so: `latchkey doctor` names\n"
    "those groups.";
constexpr const char* footer =
    "Example:\n"
    "  latchkey broker acl --config /etc/latchkey/latchkey.toml >> /etc/mosquitto/acl\n"
    "\n"
    "Exit codes: 0 printed, 65 the rights do not fit the configuration, 69 no database, 78 wrong\n"
    "configuration.";

}  // namespace

void add_broker_commands(Command& root) {
  auto broker = root.add("broker", "Configure the broker");
  auto command = broker.add("acl", help);
  const auto config_file = std::make_shared<std::string>();
  add_config_flag(command, *config_file);
  command.footer(footer);
  command.does([config_file] { return run_acl(*config_file); });
}

}  // namespace latchkey::cli
