#include "service/cli/commands.hpp"
#include "service/cli/json.hpp"
#include "service/planning/forecast.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>

namespace latchkey::cli {
namespace {

struct Flags {
  std::size_t devices = 0;
  unsigned lifetime_days = 90;
  unsigned connections_a_day = 1;
  unsigned processors = std::max(1U, std::thread::hardware_concurrency());
  bool without_tls = false;
  std::string figures_file;
  bool json = false;
};

/// "850 ms", "12 s", "1 min 32 s", "4 h 10 min", "3.5 days"
std::string time_text(double seconds) {
  constexpr double minute = 60;
  constexpr double hour = 3600;
  constexpr double day = 86400;
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < minute) return fmt::format("{:.0f} s", seconds);
  if (seconds >= day) return fmt::format("{:.1f} days", seconds / day);
  const auto whole = static_cast<long>(seconds);
  if (seconds < hour) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

/// "512 bytes", "1.4 GB"
std::string bytes_text(double bytes) {
  constexpr std::array units = {"kB", "MB", "GB", "TB", "PB"};
  constexpr double next = 1000;
  if (bytes < next) return fmt::format("{:.0f} bytes", bytes);
  std::size_t unit = 0;
  for (bytes /= next; bytes >= next && unit + 1 < units.size(); bytes /= next)
    ++unit;
  return fmt::format("{:.1f} {}", bytes, units[unit]);
}

std::string count_text(double number) {
  std::string text = fmt::format("{:.0f}", number);
  for (std::size_t at = text.size(); at > 3; at -= 3)
    text.insert(at - 3, ",");
  return text;
}

void print_times(const service::Forecast& forecast, const service::Fleet& fleet) {
  std::cout << fmt::format("{:32}{:>18}{:>24}\n", "a day", "number", "processors in use");
  for (const auto& each : forecast.daily)
    std::cout << fmt::format("{:32}{:>18}{:>24.4f}\n", each.event, count_text(each.number), each.processors);
  const std::string shared =
      fmt::format("on {} processor{}", fleet.processors, fleet.processors == 1 ? "" : "s");
  std::cout << fmt::format("\n{:32}{:>18}{:>24}   limit\n", "all devices at once", shared,
                           "one for each part");
  for (const auto& each : forecast.storms)
    std::cout << fmt::format("{:32}{:>18}{:>24}   {}, {} a second\n", each.event, time_text(each.shared_s),
                             time_text(each.spread_s), each.limit, count_text(each.most_per_s));
}

void print_registry(const service::Forecast& forecast) {
  std::cout << fmt::format("\n{:18}{:>18}{:>14}{:>18}{:>14}\n", "registry", "rows", "size", "rows a year",
                           "a year");
  for (const auto& each : forecast.registry)
    std::cout << fmt::format("{:18}{:>18}{:>14}{:>18}{:>14}\n", each.name, count_text(each.rows),
                             bytes_text(each.bytes), count_text(each.rows_a_year),
                             bytes_text(each.bytes_a_year));
  std::cout << fmt::format("{:36}{:>14}{:>32}\n", "all", bytes_text(forecast.bytes),
                           bytes_text(forecast.bytes_a_year));
  std::cout << fmt::format("write-ahead log a day: {}\n", bytes_text(forecast.wal_bytes_a_day));
}

void print_json(const service::Forecast& forecast) {
  auto daily = nlohmann::json::array();
  for (const auto& each : forecast.daily)
    daily.push_back({{"event", each.event}, {"a_day", each.number}, {"processors", each.processors}});
  auto storms = nlohmann::json::array();
  for (const auto& each : forecast.storms)
    storms.push_back({{"event", each.event},
                      {"shared_s", each.shared_s},
                      {"spread_s", each.spread_s},
                      {"limit", each.limit},
                      {"limit_per_s", each.most_per_s}});
  auto tables = nlohmann::json::array();
  for (const auto& each : forecast.registry)
    tables.push_back({{"table", each.name},
                      {"rows", each.rows},
                      {"bytes", each.bytes},
                      {"rows_a_year", each.rows_a_year},
                      {"bytes_a_year", each.bytes_a_year}});
  std::cout << json_text({{"daily", std::move(daily)},
                          {"at_once", std::move(storms)},
                          {"registry", std::move(tables)},
                          {"wal_bytes_a_day", forecast.wal_bytes_a_day}})
            << '\n';
}

Result<service::Measured> measured(const std::string& file) {
  std::string text(service::recorded_figures());
  if (!file.empty()) {
    std::ifstream in(file, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(in), {});
    if (!in) return fail(exit_code::bad_data, file + " cannot be read");
  }
  auto read = service::read_measured(text);
  if (!read)
    return fail(exit_code::bad_data, (file.empty() ? "the recorded figures" : file) + ": " + read.error(),
                file.empty() ? "" : "--figures takes what `./dev bench --json` printed");
  return *std::move(read);
}

int run_plan(const Flags& flags) {
  const auto figures = measured(flags.figures_file);
  if (!figures) return report(figures.error(), flags.json);
  const service::Fleet fleet{.devices = static_cast<double>(flags.devices),
                             .lifetime_days = static_cast<double>(flags.lifetime_days),
                             .connections_a_day = static_cast<double>(flags.connections_a_day),
                             .processors = static_cast<double>(flags.processors),
                             .has_tls = !flags.without_tls};
  const auto result = service::forecast(*figures, fleet);
  if (flags.json) {
    print_json(result);
    return exit_code::ok;
  }
  print_times(result, fleet);
  print_registry(result);
  if (!figures->on.empty()) say("Calculated from what was measured on " + figures->on + ".");
  return exit_code::ok;
}

constexpr const char* help =
    "Calculate what a fleet needs: processors, the time after a power cut, rows and bytes a year. From\n"
    "figures that `./dev bench` measured; docs/scaling.md has the arithmetic and what to do at each limit.";
constexpr const char* footer =
    "Examples:\n"
    "  latchkey plan --devices 1000000 --lifetime-days 90\n"
    "  ./dev bench --quick --json > here.json && latchkey plan --devices 50000 --figures here.json\n"
    "\n"
    "Exit codes: 0 printed, 64 wrong flags, 65 unusable file.";
constexpr Bounds devices_bounds{1, 10'000'000'000};
constexpr Bounds days_bounds{1, 36500};
constexpr Bounds connections_bounds{0, 86400};
constexpr Bounds processors_bounds{1, 1024};

}  // namespace

void add_plan_command(Command& root) {
  auto command = root.add("plan", help);
  const auto flags = std::make_shared<Flags>();
  command.value("--devices", flags->devices, "Number of devices",
                {.metavar = "N", .within = devices_bounds, .required = true});
  command.value("--lifetime-days", flags->lifetime_days, "Lifetime of a certificate",
                {.metavar = "DAYS", .within = days_bounds, .shows_default = true});
  command.value("--connections-a-day", flags->connections_a_day, "How often a device connects",
                {.metavar = "N", .within = connections_bounds, .shows_default = true});
  command.value("--processors", flags->processors,
                "Processors of the machine that service, database and broker share (default: of this one)",
                {.metavar = "N", .within = processors_bounds});
  command.flag("--without-tls", flags->without_tls, "TLS ends at a load balancer and not at the broker");
  command.value("--figures", flags->figures_file,
                "Figures of `./dev bench --json` (default: those of docs/performance.json)",
                {.metavar = "FILE"});
  command.flag("--json", flags->json, "Print a JSON object on stdout");
  command.footer(footer);
  command.does([flags] { return run_plan(*flags); });
}

}  // namespace latchkey::cli
