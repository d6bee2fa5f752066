#pragma once

#include "registry/administration.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// Bulk enrolment: loads devices by COPY, checks them all, then enrols them one stretch of lines after the
/// other.
namespace latchkey::registry {

/// A device to import; everything that does not need the registry is checked.
struct ImportedDevice {
  std::int64_t line = 0;  ///< the line in the file where it begins
  std::string device_id;
  std::string group;       ///< empty: none
  std::string proof;       ///< symmetric_key | public_key | x509 | token | group
  crypto::Bytes material;  ///< as in DeviceEnrolment
  std::string config;      ///< a JSON object
};

struct ImportProblem {
  std::int64_t line = 0;
  std::string what;
};

/// One import by one connection: call `bring` for all devices, then `problems`, then `enroll`. A registry
/// runs one import at a time. Devices that were brought and not enrolled are lost with the object.
class Import {
 public:
  [[nodiscard]] static std::expected<Import, AdminError> begin(const ConnectOptions& options);
  ~Import();
  Import(Import&&) noexcept;
  Import& operator=(Import&&) = delete;

  [[nodiscard]] std::expected<void, AdminError> bring(std::span<const ImportedDevice> devices);
  /// The problems that prevent the import, by line, at most `most`.
  [[nodiscard]] std::expected<std::vector<ImportProblem>, AdminError> problems(int most);

  /// Enrols all devices that were brought; `lines` is the number of the last line. One transaction for each
  /// stretch of lines, or one for all. Calls `progress` with the last enrolled line. Returns how many devices
  /// are new; the others were enrolled before in the same way.
  [[nodiscard]] std::expected<std::int64_t, AdminError> enroll(
      std::int64_t lines, bool all_or_nothing, const std::function<void(std::int64_t)>& progress);

 private:
  struct Impl;
  explicit Import(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::registry
