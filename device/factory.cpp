#include "device/factory.hpp"

#include "base/failpoint.hpp"
#include "crypto/many_files.hpp"
#include "device/factory_files.hpp"
#include "device/folder.hpp"

#include <algorithm>
#include <span>
#include <system_error>
#include <utility>

namespace latchkey::device {
namespace {

namespace fs = std::filesystem;
using Done = std::expected<void, std::string>;

// Devices that become durable at once: few syncs, and little to make again after an interruption.
constexpr std::size_t batch = 512;
constexpr const char* devices_file = "devices.csv";

Done done(const crypto::Result<void>& result) {
  if (result) return {};
  return std::unexpected(result.error().what);
}
Done done(const std::error_code& error, const fs::path& path) {
  if (!error) return {};
  return std::unexpected(path.string() + ": " + error.message());
}

class Factory {
 public:
  Factory(const FactoryOrder& order, Folder folder) : order_(order), folder_(std::move(folder)) {}

  Done make(std::span<const std::string> ids);
  Done write_devices();
  [[nodiscard]] const FactoryTotals& totals() const noexcept { return totals_; }

 private:
  /// Where a device's folder is made. No device id begins with a dot.
  [[nodiscard]] fs::path unfinished(const std::string& id) const { return order_.folder / ("." + id); }
  Done begin(const std::string& id);
  Done finish(std::span<const std::string* const> ids);

  const FactoryOrder& order_;
  Folder folder_;
  FactoryTotals totals_;
};

Done Factory::make(std::span<const std::string> ids) {
  std::vector<const std::string*> begun;
  for (const auto& id : ids) {
    const bool is_there = folder_.has(id);
    const auto made = is_there ? check_files(order_, id, order_.folder / id) : begin(id);
    if (!made) return made;
    if (!is_there) begun.push_back(&id);
  }
  totals_.made += begun.size();
  totals_.kept += ids.size() - begun.size();
  return begun.empty() ? Done() : finish(begun);
}

Done Factory::begin(const std::string& id) {
  const auto files = files_of(order_, id);
  if (!files) return std::unexpected(files.error());
  const auto folder = unfinished(id);
  std::error_code error;
  fs::remove_all(folder, error);  // an interrupted run left it
  if (!error) fs::create_directory(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return done(error, folder);
  for (const auto& file : *files) {
    failpoint("factory");
    if (auto written = done(crypto::create_unsynced_file(folder / file.name, file.content.view())); !written)
      return written;
  }
  return {};
}

/// A folder gets its name when its files are durable.
Done Factory::finish(std::span<const std::string* const> ids) {
  failpoint("factory");
  if (auto synced = done(crypto::sync_file_system(order_.folder)); !synced) return synced;
  for (const auto* id : ids) {
    failpoint("factory");
    std::error_code error;
    fs::rename(unfinished(*id), order_.folder / *id, error);
    if (error) return done(error, order_.folder / *id);
  }
  return {};
}

Done Factory::write_devices() {
  std::vector<crypto::Secret> lines;
  for (const auto& id : order_.ids) {
    auto line = enrolment_line(order_, id);
    if (!line) return std::unexpected(std::move(line).error());
    lines.push_back(*std::move(line));
  }
  std::vector<std::string_view> texts{enrolment_header(order_.proof)};
  std::ranges::transform(lines, std::back_inserter(texts), &crypto::Secret::text);
  totals_.devices = order_.folder / devices_file;
  failpoint("factory");
  return folder_.write(devices_file,
                       concatenated(texts).text());  // makes the names of the folders durable too
}

}  // namespace

std::expected<FactoryTotals, std::string> make_devices(const FactoryOrder& order,
                                                       const std::function<void(std::size_t)>& progress) {
  auto folder = Folder::open(order.folder);
  if (!folder) return std::unexpected(std::move(folder).error());
  Factory factory(order, *std::move(folder));
  const std::span ids(order.ids);
  for (std::size_t begin = 0; begin < ids.size(); begin += batch) {
    const auto count = std::min(batch, ids.size() - begin);
    if (auto made = factory.make(ids.subspan(begin, count)); !made) return std::unexpected(made.error());
    progress(begin + count);
  }
  if (auto written = factory.write_devices(); !written) return std::unexpected(written.error());
  return factory.totals();
}

}  // namespace latchkey::device
