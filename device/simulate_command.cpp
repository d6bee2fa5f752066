#include "base/exit_code.hpp"
#include "device/command.hpp"
#include "device/flags.hpp"
#include "device/simulation.hpp"
#include "device/stop_signals.hpp"

#include <sys/resource.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace latchkey::device {
namespace {

struct SimulateFlags {
  std::size_t devices = 10;
  RunFlags run;
};

/// Raises the limit of open files: each device has a connection and a folder.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// The settings of the device with this number. Its key is derived from the group's key; a token is shared by
/// all.
std::expected<Settings, Failure> settings_of(Flags flags, std::size_t number) {
  flags.id += std::to_string(number);
  auto settings = read_settings(flags);
  if (!settings) return settings;
  if (auto* const key = std::get_if<KeyProof>(&settings->proof))
    key->key = protocol::device_key(key->key.view(), settings->id.text());
  return settings;
}

/// For example `{"unauthorized":3}`; codes need no escape in JSON.
std::string json_of(const std::map<std::string, std::size_t>& refused) {
  std::string text;
  for (const auto& [code, count] : refused)
    text.append(text.empty() ? "" : ",").append('"' + code + "\":" + std::to_string(count));
  return "{" + text + "}";
}

void print_tally(const Tally& tally, bool as_json) {
  if (as_json) {
    std::cout << R"({"devices":)" << tally.devices << R"(,"connected":)" << tally.connected << R"(,"ready":)"
              << tally.ready << R"(,"renewed":)" << tally.renewed << R"(,"readings":)" << tally.readings
              << R"(,"refused":)" << json_of(tally.refused) << "}\n"
              << std::flush;
    return;
  }
  std::cerr << tally.devices << " devices: " << tally.connected << " connected, " << tally.ready << " ready, "
            << tally.renewed << " renewed, " << tally.readings << " readings";
  for (const auto& [code, count] : tally.refused)
    std::cerr << ", " << count << " refused (" << code << ")";
  std::cerr << '\n';
}

int run_simulate(const Flags& flags, const SimulateFlags& more) {
  allow_many_files();
  Mailbox control;
  const StopSignals signals(control);
  Fleet fleet{
      .devices = {}, .folder = flags.folder, .has_clock = !flags.no_clock, .options = more.run.options()};
  for (std::size_t number = 1; number <= more.devices; ++number) {
    auto settings = settings_of(flags, number);
    if (!settings) {
      remark(settings.error().what);
      return settings.error().exit_code;
    }
    fleet.devices.push_back(*std::move(settings));
  }
  simulate(fleet, control, [&](const Tally& tally) { print_tally(tally, flags.json); }, remark);
  return exit_code::ok;
}

constexpr const char* simulate_help =
    "Simulate a fleet in one process. Each device does what `latchkey-device run` does. Prints every\n"
    "second how many devices are connected and ready. Stops on SIGTERM or SIGINT.";

constexpr const char* simulate_footer =
    "Example:\n"
    "  latchkey-device simulate meter- --devices 100 --group meters --key-file meters.key --dir ./fleet \\\n"
    "    --start-within 30\n"
    "\n"
    "Exit codes: 0 stopped by SIGTERM or SIGINT, 64 wrong flags, 65 unusable file.";

}  // namespace

void add_simulate_command(Command& root) {
  auto command = root.add("simulate", simulate_help);
  const auto flags = std::make_shared<Flags>();
  const auto more = std::make_shared<SimulateFlags>();
  add_fleet_flags(command, *flags);
  command.flag("--json", flags->json, "Print a line of JSON on stdout every second");
  command.value("--devices", more->devices, "Number of devices",
                {.within = Bounds{1, 10000}, .shows_default = true});
  add_run_flags(command, more->run);
  command.footer(simulate_footer);
  command.does([=] { return run_simulate(*flags, *more); });
}

}  // namespace latchkey::device
