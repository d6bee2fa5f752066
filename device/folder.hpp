#pragma once

#include "crypto/secret.hpp"

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::device {

/// Files of one folder, each replaced as a whole and durable when a function returns. Private to the device:
/// mode 0700, locked against a second process while this value lives.
class Folder {
 public:
  /// Makes it where it is missing, and clears away what an interrupted write left behind.
  [[nodiscard]] static std::expected<Folder, std::string> open(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// Nothing if there is no such file or it cannot be read.
  [[nodiscard]] std::optional<crypto::Secret> read(const std::filesystem::path& name) const;
  [[nodiscard]] std::expected<void, std::string> write(const std::filesystem::path& name,
                                                       std::string_view content, unsigned mode = 0600) const;
  [[nodiscard]] std::expected<void, std::string> make_subfolder(const std::string& name) const;
  /// A file or a whole subfolder; one that is not there is no error.
  [[nodiscard]] std::expected<void, std::string> remove(const std::filesystem::path& name) const;
  [[nodiscard]] bool has(const std::filesystem::path& name) const;
  [[nodiscard]] std::vector<std::string> subfolders() const;

 private:
  Folder(std::filesystem::path path, std::shared_ptr<const int> lock);
  std::filesystem::path path_;
  std::shared_ptr<const int> lock_;  ///< the folder's descriptor, closed with the last copy
};

}  // namespace latchkey::device
