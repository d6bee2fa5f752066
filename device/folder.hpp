#pragma once

#include "crypto/secret.hpp"

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::device {

/// The files of one folder. Writes are atomic, and durable when a function returns. The folder has mode 0700,
/// and is locked against other processes while this object lives.
class Folder {
 public:
  /// Creates the folder if missing, and deletes the leftovers of interrupted writes.
  [[nodiscard]] static std::expected<Folder, std::string> open(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// Nothing if the file does not exist or cannot be read.
  [[nodiscard]] std::optional<crypto::Secret> read(const std::filesystem::path& name) const;
  [[nodiscard]] std::expected<void, std::string> write(const std::filesystem::path& name,
                                                       std::string_view content, unsigned mode = 0600) const;
  [[nodiscard]] std::expected<void, std::string> make_subfolder(const std::string& name) const;
  /// Removes a file or a whole subfolder; it need not exist.
  [[nodiscard]] std::expected<void, std::string> remove(const std::filesystem::path& name) const;
  [[nodiscard]] bool has(const std::filesystem::path& name) const;
  [[nodiscard]] std::vector<std::string> subfolders() const;

 private:
  Folder(std::filesystem::path path, std::shared_ptr<const int> lock);
  std::filesystem::path path_;
  std::shared_ptr<const int> lock_;  ///< the folder's descriptor, closed with the last copy
};

}  // namespace latchkey::device
