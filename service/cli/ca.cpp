#include "service/cli/ca.hpp"

#include "service/cli/commands.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/json.hpp"
#include "service/keys/pki.hpp"
#include "service/observability/timestamp.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::cli {
namespace {

struct Flags {
  std::string folder;
  std::vector<std::string> hosts;
  std::string config_file;  // accepted as everywhere, and not needed
  bool json = false;
  unsigned ca_days = static_cast<unsigned>(service::PkiLifetimes{}.ca.count());
  unsigned signing_days = static_cast<unsigned>(service::PkiLifetimes{}.signing.count());
  unsigned broker_days = static_cast<unsigned>(service::PkiLifetimes{}.broker.count());
};

std::string line_about(const service::PkiFile& file) {
  constexpr std::size_t width = 20;
  std::string line = "  " + file.name;
  line.resize(std::max(line.size() + 1, width), ' ');
  return line + (file.secret ? "(secret) " : "") + file.purpose;
}

void print_json(const std::string& folder, const std::vector<service::PkiFile>& made) {
  auto files = nlohmann::json::array();
  for (const auto& file : made)
    files.push_back({{"file", file.name}, {"purpose", file.purpose}, {"secret", file.secret}});
  std::cout << json_text({{"folder", folder}, {"files", std::move(files)}}) << '\n';
}

int run_init(const Flags& flags) {
  const service::PkiLifetimes lifetimes{.ca = std::chrono::days(flags.ca_days),
                                        .signing = std::chrono::days(flags.signing_days),
                                        .broker = std::chrono::days(flags.broker_days)};
  const auto now = service::current_time();
  const auto made = service::make_pki(flags.folder, flags.hosts, lifetimes, now);
  if (!made) return report(fail(exit_code::bad_data, made.error()).error(), flags.json);
  if (flags.json) print_json(flags.folder, *made);
  say("written to " + flags.folder + ":");
  for (const auto& file : *made)
    say(line_about(file));
  say("Install server-ca.pem in the devices, and no other of these files.");
  return exit_code::ok;
}

constexpr const char* init_help =
    "Make all keys and certificates of a new installation: the device CA, the server CA with the\n"
    "service's signing certificate and a certificate for the broker, and the master key.\n"
    "It overwrites no file.";

constexpr const char* init_footer =
    "Example:\n"
    "  latchkey ca init --dir /etc/latchkey/pki --host broker.example --host 192.0.2.7\n"
    "\n"
    "The two CAs are separate: the device CA certifies devices; the server CA certifies the broker and\n"
    "the service, and devices trust it. Secret files get mode 0600.\n"
    "\n"
    "Exit codes: 0 files written, 64 wrong flags, 65 a file exists or cannot be written.";

void add_days(Command& command, const char* name, unsigned& days, const char* help) {
  constexpr unsigned longest = 36525;  // a century
  command.value(name, days, help, {.metavar = "DAYS", .within = Bounds{1, longest}, .shows_default = true});
}

}  // namespace

void add_ca_commands(Command& root) {
  auto ca = root.add("ca", "Keys and certificates of the service and the broker");
  add_ca_show(ca);
  auto command = ca.add("init", init_help);
  const auto flags = std::make_shared<Flags>();
  command.value("--dir", flags->folder, "Folder for the files; created if it is missing",
                {.metavar = "DIR", .required = true});
  command.value("--host", flags->hosts,
                "DNS name or IP address under which devices and the service reach the broker; may be\n"
                "repeated",
                {.metavar = "NAME", .required = true});
  add_days(command, "--days-ca", flags->ca_days, "How long the two CAs are valid");
  add_days(command, "--days-signing", flags->signing_days, "How long the signing certificate is valid");
  add_days(command, "--days-broker", flags->broker_days, "How long the broker's certificate is valid");
  add_config_flag(command, flags->config_file);
  command.flag("--json", flags->json, "Print a JSON object on stdout");
  command.footer(init_footer);
  command.does([flags] { return run_init(*flags); });
}

}  // namespace latchkey::cli
