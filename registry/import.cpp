#include "registry/import.hpp"

#include "registry/admin_connection.hpp"

#include <algorithm>
#include <array>

namespace latchkey::registry {
namespace {

// Large enough to make commits cheap, small enough for a smooth progress bar and little loss at an
// interruption.
constexpr std::int64_t stretch = 20'000;
// A step handles one stretch of lines, or reads all loaded lines once.
constexpr std::chrono::minutes step_limit{10};
constexpr std::chrono::hours whole_limit{6};

constexpr const char* table = "enrollment_import";
const std::vector<std::string> columns = {"line", "device_id", "group_name", "proof", "material", "config"};

pqxx::stream_to copy_into_table(pqxx::transaction_base& transaction) {
#if PQXX_VERSION_MAJOR >= 7
  return pqxx::stream_to::raw_table(transaction, table, transaction.conn().quote_columns(columns));
#else
  return {transaction, table, columns};
#endif
}

std::array<std::string, 6> row_of(const ImportedDevice& device) {
  return {std::to_string(device.line), device.device_id, device.group, device.proof,
          hex_of(device.material),     device.config};
}

std::int64_t enroll_stretch(pqxx::transaction_base& transaction, std::int64_t first, std::int64_t last) {
  const auto result = transaction.exec("SELECT registry.import_enroll(" + std::to_string(first) + ", " +
                                       std::to_string(last) + ")");
  return result[0][0].as<std::int64_t>();
}

}  // namespace

struct Import::Impl {
  explicit Impl(const ConnectOptions& options) : connection(options) {
    run("SET search_path = registry; SET lock_timeout = '10s'");
    run("SELECT registry.import_begin()");
    run("SET lock_timeout = 0");
  }
  ~Impl() {
    try {
      run("SELECT registry.import_end()", AdminConnection::usual_limit);
    } catch (const std::exception&) {
      // The connection is lost, and with it the temporary table of the import.
      return;
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  pqxx::result run(const std::string& sql, std::chrono::seconds limit = step_limit) {
    const auto exec = [&](pqxx::connection& at) {
      pqxx::nontransaction transaction(at);
      return transaction.exec(sql);
    };
    return connection.run(exec, limit);
  }

  void bring(std::span<const ImportedDevice> devices) {
    const auto copy = [&](pqxx::connection& at) {
      pqxx::work transaction(at);
      auto stream = copy_into_table(transaction);
      for (const ImportedDevice& device : devices)
        stream << row_of(device);
      stream.complete();
      transaction.commit();
    };
    connection.run(copy, step_limit);
  }

  /// Enrols the lines in one transaction of at most `limit`.
  std::int64_t enroll(std::int64_t first, std::int64_t last, std::chrono::seconds limit,
                      const std::function<void(std::int64_t)>& progress) {
    const auto all = [&](pqxx::connection& at) {
      pqxx::work transaction(at);
      std::int64_t added = 0;
      for (; first <= last; first += stretch) {
        const auto until = std::min(first + stretch - 1, last);
        added += enroll_stretch(transaction, first, until);
        progress(until);
      }
      transaction.commit();
      return added;
    };
    return connection.run(all, limit);
  }
  AdminConnection connection;
};

Import::Import(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Import::~Import() = default;
Import::Import(Import&&) noexcept = default;

std::expected<Import, AdminError> Import::begin(const ConnectOptions& options) {
  try {
    return Import(std::make_unique<Impl>(options));
  } catch (...) {
    return std::unexpected(admin_error());
  }
}

std::expected<void, AdminError> Import::bring(std::span<const ImportedDevice> devices) {
  try {
    impl_->bring(devices);
    return {};
  } catch (...) {
    return std::unexpected(admin_error());
  }
}

std::expected<std::vector<ImportProblem>, AdminError> Import::problems(int most) {
  try {
    std::vector<ImportProblem> all;
    for (const auto& row :
         impl_->run("SELECT line, problem FROM registry.import_problems(" + std::to_string(most) + ")"))
      all.push_back({row[0].as<std::int64_t>(), row[1].c_str()});
    return all;
  } catch (...) {
    return std::unexpected(admin_error());
  }
}

std::expected<std::int64_t, AdminError> Import::enroll(std::int64_t lines, bool all_or_nothing,
                                                       const std::function<void(std::int64_t)>& progress) {
  try {
    if (all_or_nothing) return impl_->enroll(1, lines, whole_limit, progress);
    std::int64_t added = 0;
    for (std::int64_t first = 1; first <= lines; first += stretch)
      added += impl_->enroll(first, std::min(first + stretch - 1, lines), step_limit, progress);
    return added;
  } catch (...) {
    return std::unexpected(admin_error());
  }
}

}  // namespace latchkey::registry
