#include "device/folder.hpp"

#include "base/failpoint.hpp"
#include "crypto/temporary_name.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace latchkey::device {
namespace {

namespace fs = std::filesystem;

std::unexpected<std::string> failure(std::string_view action, const fs::path& path, const std::string& why) {
  return std::unexpected(std::string(action) + " " + path.string() + ": " + why);
}

std::shared_ptr<const int> open_folder(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  return {new int(descriptor), [](const int* owned) {
            ::close(*owned);
            delete owned;
          }};
}

/// A new name is durable only after an fsync of its folder.
std::expected<void, std::string> sync(const fs::path& path) {
  const auto descriptor = open_folder(path);
  if (descriptor && ::fsync(*descriptor) == 0) return {};
  return failure("cannot sync", path, std::strerror(errno));
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

std::expected<void, std::string> make_private(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return failure("cannot make", path, error.message());
  fs::permissions(path, fs::perms::owner_all, error);
  if (error) return failure("cannot protect", path, error.message());
  failpoint("stored");
  return sync(parent_of(path));
}

/// Deletes what an interrupted `write` left: it may contain a private key.
void clear_leftovers(const fs::path& path) {
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(path, error))
    if (crypto::is_temporary_name(entry.path().filename().string()) && entry.is_regular_file(error))
      fs::remove(entry.path(), error);
}

}  // namespace

Folder::Folder(fs::path path, std::shared_ptr<const int> lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

std::expected<Folder, std::string> Folder::open(const fs::path& path) {
  // "name/" has an empty last part, whose parent would be the folder itself.
  const fs::path folder = path.has_filename() ? path : path.parent_path();
  if (auto made = make_private(folder); !made) return std::unexpected(std::move(made).error());
  auto lock = open_folder(folder);
  if (!lock) return failure("cannot open", folder, std::strerror(errno));
  if (::flock(*lock, LOCK_EX | LOCK_NB) != 0)
    return failure("cannot use", folder, "another process is using it");
  clear_leftovers(folder);
  return Folder(folder, std::move(lock));
}

std::optional<crypto::Secret> Folder::read(const fs::path& name) const {
  auto content = crypto::read_secret_file(path_ / name);
  return content ? std::optional(*std::move(content)) : std::nullopt;
}

std::expected<void, std::string> Folder::write(const fs::path& name, std::string_view content,
                                               unsigned mode) const {
  auto written = crypto::replace_file(path_ / name, crypto::as_bytes(content), mode);
  if (!written) return std::unexpected(std::move(written).error().what);
  return {};
}

std::expected<void, std::string> Folder::make_subfolder(const std::string& name) const {
  return make_private(path_ / name);
}

std::expected<void, std::string> Folder::remove(const fs::path& name) const {
  std::error_code error;
  if (fs::remove_all(path_ / name, error) == 0 && !error) return {};
  if (error) return failure("cannot remove", path_ / name, error.message());
  failpoint("stored");
  return sync(parent_of(path_ / name));
}

bool Folder::has(const fs::path& name) const {
  std::error_code error;
  return fs::exists(path_ / name, error);
}

std::vector<std::string> Folder::subfolders() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error))
    if (entry.is_directory(error)) names.push_back(entry.path().filename().string());
  return names;
}

}  // namespace latchkey::device
