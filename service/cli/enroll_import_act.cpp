#include "base/progress.hpp"
#include "service/cli/enroll_import.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/json.hpp"
#include "service/import/device.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <iostream>
#include <optional>
#include <system_error>
#include <utility>

namespace latchkey::cli {
namespace {

// With more problems than this, print the first ones only.
constexpr int most_problems = 100;
constexpr std::size_t brought_at_once = 5'000;

/// The input file, or standard input.
class Input {
 public:
  explicit Input(const std::string& file)
      : descriptor_(file == "-" ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Input() {
    if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  /// Its size in bytes; 0 if unknown.
  [[nodiscard]] std::int64_t size() const {
    struct stat status{};
    return ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
  }
  std::size_t read(std::span<char> into) {
    ssize_t got = -1;
    do {
      got = ::read(descriptor_, into.data(), into.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) error_ = errno;
    done_ += std::max<ssize_t>(got, 0);
    return static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  }
  [[nodiscard]] std::int64_t done() const noexcept { return done_; }
  [[nodiscard]] int error() const noexcept { return error_; }

 private:
  int descriptor_;
  std::int64_t done_ = 0;
  int error_ = 0;
};

struct Totals {
  std::int64_t devices = 0;
  std::int64_t last_line = 0;
  std::int64_t added = 0;
  std::int64_t problem_count = 0;
  std::vector<registry::ImportProblem> problems;  ///< the first problems

  void complain(std::int64_t line, std::string what) {
    ++problem_count;
    if (problems.size() < most_problems) problems.push_back({line, std::move(what)});
  }
};

std::string described(const registry::ImportProblem& problem) {
  return "line " + std::to_string(problem.line) + ": " + problem.what;
}

Failure failure_of(const Totals& totals, const std::string& file, const std::string& hint) {
  Failure failure{exit_code::bad_data, {}, hint};
  for (const auto& problem : totals.problems)
    failure.what.push_back(file + ", " + described(problem));
  const auto more = totals.problem_count - static_cast<std::int64_t>(totals.problems.size());
  if (more > 0) failure.what.push_back("and " + std::to_string(more) + " more");
  failure.what.emplace_back("no device was enrolled");
  return failure;
}

/// Loads devices into the registry while the next ones are read.
class Loader {
 public:
  explicit Loader(registry::Import& import) : import_(import) {}

  /// Fails if those of the call before could not be loaded.
  Result<void> load(std::vector<registry::ImportedDevice> devices) {
    if (auto loaded = end(); !loaded) return loaded;
    running_ = std::async(std::launch::async,
                          [this, brought = std::move(devices)] { return import_.bring(brought); });
    return {};
  }
  Result<void> end() {
    if (!running_.valid()) return {};
    if (const auto loaded = running_.get(); !loaded) return fail(loaded.error(), operators_login);
    return {};
  }

 private:
  registry::Import& import_;
  std::future<std::expected<void, registry::AdminError>> running_;
};

/// Reads and checks the file and loads it into the registry.
Result<void> load_all(Input& input, const service::ImportOptions& options, registry::Import& import,
                      Totals& totals, Progress& progress) {
  service::RecordReader reader([&](std::span<char> into) { return input.read(into); });
  service::ImportRecord record;
  std::vector<registry::ImportedDevice> waiting;
  Loader loader(import);
  while (reader.next(record)) {
    ++totals.devices;
    totals.last_line = record.line;
    auto device = service::imported_device(record, options);
    if (!device)
      totals.complain(record.line, std::move(device).error());
    else
      waiting.push_back(*std::move(device));
    if (waiting.size() < brought_at_once) continue;
    progress.show("checked", input.size() > 0 ? input.done() : totals.devices, input.size());
    if (auto loaded = loader.load(std::exchange(waiting, {})); !loaded) return loaded;
  }
  if (input.error() != 0)
    return fail(exit_code::bad_data,
                "the file cannot be read: " + std::generic_category().message(input.error()));
  if (auto loaded = loader.load(std::move(waiting)); !loaded) return loaded;
  return loader.end();
}

Result<void> check_all(registry::Import& import, Totals& totals) {
  auto found = import.problems(most_problems);
  if (!found) return fail(found.error(), operators_login);
  totals.problem_count += static_cast<std::int64_t>(found->size());
  auto& all = totals.problems;
  all.insert(all.end(), found->begin(), found->end());
  std::ranges::stable_sort(all, {}, &registry::ImportProblem::line);
  if (all.size() > most_problems) all.resize(most_problems);
  return {};
}

/// The master key, to seal keys; nothing if it is unavailable: then `why` says why.
std::optional<service::MasterKey> find_master_key(const std::string& config_file, std::string& why) {
  const auto config = service::load_config(service::config_path(config_file), {"secrets"});
  if (!config) {
    why = "the master key, under which keys are sealed, cannot be read: " + config.error().front();
    return std::nullopt;
  }
  auto key =
      service::load_master_key(config->secrets.master_key_file, config->secrets.previous_master_key_file);
  if (key) return *std::move(key);
  why = key.error().what;
  return std::nullopt;
}

Result<Totals> do_import(const ImportFlags& flags) {
  Input input(flags.file);
  if (!input.is_open())
    return fail(exit_code::bad_data, flags.file + ": " + std::generic_category().message(errno));
  const auto database = find_database({flags.database_url, flags.config_file}, "LATCHKEY_DB_URL");
  if (!database) return std::unexpected(database.error());
  std::string hint;
  const auto master_key = find_master_key(flags.config_file, hint);
  auto import = registry::Import::begin(*database);
  if (!import) return fail(import.error(), operators_login);

  Totals totals;
  Progress progress;
  const service::ImportOptions options{flags.group, master_key ? &*master_key : nullptr};
  if (auto loaded = load_all(input, options, *import, totals, progress); !loaded)
    return std::unexpected(loaded.error());
  if (auto checked = check_all(*import, totals); !checked) return std::unexpected(checked.error());
  if (totals.problem_count > 0) return std::unexpected(failure_of(totals, flags.file, hint));
  if (flags.check) return totals;
  const auto added = import->enroll(totals.last_line, flags.atomic, [&](std::int64_t line) {
    progress.show("enrolled", line, totals.last_line);
  });
  if (!added) return fail(added.error(), operators_login);
  totals.added = *added;
  return totals;
}

void announce(const Totals& totals, const ImportFlags& flags) {
  const auto devices = std::to_string(totals.devices) + " devices";
  if (flags.check)
    say(devices + ", no errors");
  else
    say(devices + ": " + std::to_string(totals.added) + " enrolled, " +
        std::to_string(totals.devices - totals.added) + " were enrolled already");
  if (!flags.json) return;
  nlohmann::json object{{"devices", totals.devices}};
  if (!flags.check) object.update({{"enrolled", totals.added}, {"already", totals.devices - totals.added}});
  std::cout << json_text(object) << '\n';
}

}  // namespace

int import_devices(const ImportFlags& flags) {
  const auto done = do_import(flags);
  if (!done) return report(done.error(), flags.json);
  announce(*done, flags);
  return exit_code::ok;
}

}  // namespace latchkey::cli
