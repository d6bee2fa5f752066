#pragma once

#include "registry/administration.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// Enrolling very many devices: brought by COPY, looked at as a whole, enrolled a stretch at a time.
namespace latchkey::registry {

/// A device of an import, checked as far as it can be without the registry.
struct ImportedDevice {
  std::int64_t line = 0;  ///< where it begins in the file
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

/// One import over one connection, in this order: bring as often as there are devices, problems, enroll. At
/// most one is under way in a registry. What was brought and not enrolled is forgotten with the object.
class Import {
 public:
  [[nodiscard]] static std::expected<Import, AdminError> begin(const ConnectOptions& options);
  ~Import();
  Import(Import&&) noexcept;
  Import& operator=(Import&&) = delete;

  [[nodiscard]] std::expected<void, AdminError> bring(std::span<const ImportedDevice> devices);
  /// What stands against it, by line, `most` of it at most.
  [[nodiscard]] std::expected<std::vector<ImportProblem>, AdminError> problems(int most);

  /// Enrols all that was brought, `lines` being the last line there is: a stretch of lines a transaction, or
  /// everything in one. `progress` hears up to which line it got. Returns how many devices are new; the
  /// others were enrolled just like that before.
  [[nodiscard]] std::expected<std::int64_t, AdminError> enroll(
      std::int64_t lines, bool all_or_nothing, const std::function<void(std::int64_t)>& progress);

 private:
  struct Impl;
  explicit Import(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::registry
