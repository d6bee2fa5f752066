#include "base/command_line.hpp"
#include "bench/database.hpp"
#include "bench/echo.hpp"
#include "bench/floor.hpp"
#include "bench/report.hpp"
#include "mqtt/link.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <ranges>
#include <thread>

namespace {

using namespace latchkey;

constexpr int fault = 1;

const std::map<std::string, bench::Task> tasks{{"provision", bench::Task::provision},
                                               {"connect", bench::Task::connect},
                                               {"journey", bench::Task::journey},
                                               {"renew", bench::Task::renew}};
const std::map<std::string, bench::Proof> proofs{{"group-key", bench::Proof::group_key},
                                                 {"certificate", bench::Proof::certificate},
                                                 {"token", bench::Proof::token}};

template <class Meaning>
std::vector<std::string> words_of(const std::map<std::string, Meaning>& meanings) {
  const auto words = std::views::keys(meanings);
  return {words.begin(), words.end()};
}

int complain(std::string_view what) {
  std::cerr << "latchkey-bench: " << what << '\n';
  return fault;
}

int print(const std::expected<std::string, std::string>& result) {
  if (!result) return complain(result.error());
  std::cout << *result << '\n';
  return 0;
}

struct Settings {
  bench::Broker broker;
  std::string password_file;
  std::string task = "provision";
  std::string proof = "group-key";
  bench::FleetOptions fleet;
  bench::LoadOptions load;
  bench::DatabaseOptions database;
  std::string group = "bench";
  std::string group_key_file;
  std::string factory_folder;
  std::string token_file;
  std::string device_ca_file;
  std::string anchor_file;
  unsigned patience_s = 30;
  bool unchecked = false;
  bool await_start = false;
  std::size_t answer_bytes = 2000;
  double seconds = 2;
};

std::string line_of(const std::string& file) {
  const auto line = crypto::read_line_file(file);
  if (!line) throw std::runtime_error(line.error().what);
  return std::string(line->text());
}

std::vector<crypto::Certificate> certificates_of(const std::string& file) {
  if (file.empty()) return {};
  const auto pem = crypto::read_secret_file(file);
  if (!pem) throw std::runtime_error(pem.error().what);
  auto certificates = crypto::Certificate::from_pem(pem->view());
  if (!certificates) throw std::runtime_error(certificates.error().what);
  return *std::move(certificates);
}

std::filesystem::path factory_ca(const Settings& settings) {
  return std::filesystem::path(settings.factory_folder) / "factory-ca.pem";
}
std::filesystem::path factory_key(const Settings& settings) {
  return std::filesystem::path(settings.factory_folder) / "factory-ca.key";
}

bench::Enrolled enrolled(const Settings& settings) {
  bench::Enrolled known{settings.group,
                        {},
                        {},
                        {},
                        certificates_of(settings.device_ca_file),
                        certificates_of(settings.anchor_file)};
  if (settings.fleet.proof == bench::Proof::group_key) {
    auto key = crypto::read_key_file(settings.group_key_file, 32, 64);
    if (!key) throw std::runtime_error(key.error().what);
    known.group_key = *std::move(key);
  } else if (settings.fleet.proof == bench::Proof::token) {
    known.token = crypto::Secret(std::string_view(line_of(settings.token_file)));
  } else {
    auto factory = crypto::load_identity(factory_ca(settings), factory_key(settings));
    if (!factory) throw std::runtime_error(factory.error().what);
    known.factory = *std::move(factory);
  }
  return known;
}

/// Makes the CA of an X.509 group, as two PEM files.
int make_factory(const Settings& settings) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto ca =
      crypto::make_ca("bench factory", {now - std::chrono::hours(24), now + std::chrono::years(10)});
  const auto key = ca.key.to_pem();
  const auto pem = ca.certificate.to_pem();
  if (const auto written = crypto::create_secret_file(factory_key(settings), key.view()); !written)
    return complain(written.error().what);
  if (const auto written = crypto::create_secret_file(factory_ca(settings), crypto::as_bytes(pem)); !written)
    return complain(written.error().what);
  return 0;
}

/// Whole journeys, which are not measured.
void prepare_renewals(bench::Fleet& fleet, const Settings& settings) {
  bench::LoadOptions closed;
  closed.repeat = true;
  bench::Load load(fleet, closed, settings.broker);
  load.run();
  std::vector<std::string> answers;
  for (const bench::DeviceRun& run : load.runs())
    answers.push_back(run.answers.empty() ? "" : run.answers.front());
  fleet.renew(answers);
}

int run_load(Settings& settings) {
  settings.fleet.task = tasks.at(settings.task);
  settings.fleet.proof = proofs.at(settings.proof);
  settings.broker.password = line_of(settings.password_file);
  settings.load.patience = std::chrono::seconds(settings.patience_s);
  const bench::Enrolled known = enrolled(settings);
  bench::Fleet fleet(settings.fleet, known);
  if (settings.fleet.task == bench::Task::renew) prepare_renewals(fleet, settings);
  bench::Load load(fleet, settings.load, settings.broker);
  if (settings.await_start) {
    std::cerr << "ready\n" << std::flush;
    std::string line;
    std::getline(std::cin, line);
  }
  load.run();
  return print(bench::report(fleet, load, !settings.unchecked));
}

int run_echo(const Settings& settings) {
  mqtt::Options options;
  options.url = "mqtt://" + settings.broker.host + ":" + std::to_string(settings.broker.port);
  options.client_id = "@echo";
  options.username = settings.broker.username;
  options.password = crypto::Secret(std::string_view(line_of(settings.password_file)));
  const auto done = bench::echo(std::move(options), settings.answer_bytes);
  return done ? 0 : complain(done.error());
}

int run_database(Settings& settings) {
  settings.database.password = line_of(settings.password_file);
  return print(bench::measure_database(settings.database));
}

void add_broker(Command& command, Settings& settings) {
  command.value("--host", settings.broker.host, "Host of the broker");
  command.value("--port", settings.broker.port, "Port of the broker, without TLS", {.required = true});
  command.value("--username", settings.broker.username, "Account at the broker", {.required = true});
  command.value("--password-file", settings.password_file, "Its password, one line", {.required = true});
}

void add_load(Command& command, Settings& settings) {
  add_broker(command, settings);
  command.value("--task", settings.task, "Task of the devices",
                {.one_of = words_of(tasks), .shows_default = true});
  command.value("--proof", settings.proof,
                "group-key (HS256, a CSR), certificate (ES256 with x5c, a CSR) or token (a password)",
                {.one_of = words_of(proofs), .shows_default = true});
  command.value("--sessions", settings.fleet.sessions, "With the task connect: connections of each device");
  command.value("--endpoint-host", settings.fleet.endpoint_host, "Host that the service gives to devices",
                {.shows_default = true});
  command.value("--endpoint-port", settings.fleet.endpoint_port,
                "Its port: devices with the proof group-key sign `connected` over this endpoint");
  command.value("--devices", settings.fleet.count, "Number of devices", {.required = true});
  command.value("--prefix", settings.fleet.prefix, "Device ids are PREFIX-0, PREFIX-1 ...",
                {.required = true});
  command.value("--connections", settings.load.connections, "Number of connections that the devices share");
  command.value("--rate", settings.load.rate, "Open loop: devices a second");
  command.value("--spread", settings.load.spread_s,
                "Open loop: all devices start at random times within so many seconds");
  command.value("--hostile", settings.fleet.hostile_percent,
                "Percent of the devices that attack; with the proof group-key");
  command.value("--window", settings.load.window, "Closed loop: devices at the same time");
  command.flag("--repeat", settings.load.repeat, "Repeat what is not answered, as devices do");
  command.value("--patience", settings.patience_s,
                "Seconds without any answer after which the rest counts as lost");
  command.flag("--unchecked", settings.unchecked, "Do not check answers, for use with echo");
  command.flag("--await-start", settings.await_start,
               "Print \"ready\" on stderr and start after a line on stdin");
  command.value("--group", settings.group, "The enrolment group");
  command.value("--groups", settings.fleet.groups,
                "The devices belong in turn to so many groups, GROUP-0, GROUP-1 ..., with the same key");
  command.value("--group-key-file", settings.group_key_file, "Its key");
  command.value("--factory", settings.factory_folder, "Folder with the group's CA, written by `factory`");
  command.value("--token-file", settings.token_file, "Its token");
  command.value("--device-ca-file", settings.device_ca_file, "CA of the devices' certificates, PEM");
  command.value("--anchor-file", settings.anchor_file, "CA of the certificate that signs answers, PEM");
}

void add_database(Command& command, Settings& settings) {
  command.value("--url", settings.database.url, "The registry, with the service's login", {.required = true});
  command.value("--password-file", settings.password_file, "Its password, one line", {.required = true});
  command.value("--group", settings.database.group, "The enrolment group");
  command.value("--devices", settings.database.devices, "Number of devices", {.required = true});
  command.value("--prefix", settings.database.prefix, "Device ids are PREFIX-0, PREFIX-1 ...",
                {.required = true});
  command.value("--threads", settings.database.threads, "Number of connections, each with a thread");
  command.value("--batch", settings.database.batch, "Devices in a transaction");
}

int run(int argc, char** argv) {
  Settings settings;
  CommandLine line(
      "latchkey-bench",
      "Measures Latchkey and the limits of broker, database and OpenSSL. Run all of it by ./dev bench.",
      "latchkey-bench " LATCHKEY_VERSION);
  auto root = line.root();
  auto load = root.add("load", "Simulate devices and print their results");
  add_load(load, settings);
  load.does([&] { return run_load(settings); });
  auto echo = root.add("echo", "Answer every message at once, to measure the limit of broker and link");
  add_broker(echo, settings);
  echo.value("--answer-bytes", settings.answer_bytes, "Length of an answer");
  echo.does([&] { return run_echo(settings); });
  auto database = root.add("database", "Run only the service's transactions");
  add_database(database, settings);
  database.does([&] { return run_database(settings); });
  auto floor = root.add("crypto", "Measure OpenSSL's share of one provisioning");
  floor.value("--seconds", settings.seconds, "Seconds for each measurement");
  floor.does([&] {
    return print(bench::measure_floor(settings.seconds, std::max(1U, std::thread::hardware_concurrency())));
  });
  auto factory = root.add("factory", "Create the CA of an X.509 group");
  factory.value("FOLDER", settings.factory_folder, "Where to", {.required = true});
  factory.does([&] { return make_factory(settings); });
  const auto chosen = line.parse(argc, argv);
  return chosen ? (*chosen)() : complain(chosen.error().what);
}

}  // namespace

int main(int argc, char** argv) try { return run(argc, argv); } catch (const std::exception& error) {
  return complain(error.what());
}
