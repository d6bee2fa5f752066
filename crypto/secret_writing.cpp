#include "base/descriptor.hpp"
#include "base/failpoint.hpp"
#include "crypto/file_writing.hpp"
#include "crypto/mac.hpp"
#include "crypto/secret.hpp"
#include "crypto/system_failure.hpp"
#include "crypto/temporary_name.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace latchkey::crypto {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

constexpr std::size_t random_size = 8;

// A name in the target's folder: rename(2) works within one file system only.
std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  return folder_of(path) / ("." + path.filename().string() + "." + to_hex(random_bytes(random_size)));
}

/// A complete file under a temporary name. The destructor removes it unless it was put in its place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : target_(target), path_(temporary_beside(target)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_.c_str()); }

  Result<void> write(ByteView content, unsigned mode) {
    const Descriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.valid()) return system_failure(Fault::internal, "cannot create a file for", target_);
    if (::fchmod(file.number(), mode) != 0 || !write_fully(file.number(), content) ||
        ::fsync(file.number()) != 0) {
      return system_failure(Fault::internal, "cannot write", target_);
    }
    return {};
  }

  // link(2) fails if the name exists, so it never overwrites; after a crash the file is complete or absent.
  Result<void> put_where_nothing_is() {
    if (::link(path_.c_str(), target_.c_str()) == 0) {
      ::unlink(path_.c_str());
      return {};
    }
    return system_failure(errno == EEXIST ? Fault::refused : Fault::internal, "cannot create", target_);
  }

  Result<void> put_instead() {
    if (::rename(path_.c_str(), target_.c_str()) == 0) return {};
    return system_failure(Fault::internal, "cannot replace", target_);
  }

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
};

// The new name is durable only after an fsync of its folder.
Result<void> sync_folder_of(const std::filesystem::path& path) {
  const std::filesystem::path folder = folder_of(path);
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.valid() && ::fsync(descriptor.number()) == 0) return {};
  return system_failure(Fault::internal, "cannot sync the folder", folder);
}

}  // namespace

bool is_temporary_name(std::string_view name) {
  constexpr std::size_t digits = 2 * random_size;
  if (name.size() < digits + 3 || name.front() != '.' || name[name.size() - digits - 1] != '.') return false;
  return name.find_last_not_of("0123456789abcdef") == name.size() - digits - 1;
}

bool write_fully(int descriptor, ByteView content) {
  while (!content.empty()) {
    const ssize_t count = ::write(descriptor, content.data(), content.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) content = content.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

Result<void> create_secret_file(const std::filesystem::path& path, ByteView content) {
  TemporaryFile file(path);
  if (Result<void> written = file.write(content, 0600); !written) return written;
  if (Result<void> placed = file.put_where_nothing_is(); !placed) return placed;
  return sync_folder_of(path);
}

Result<void> replace_file(const std::filesystem::path& path, ByteView content, unsigned mode) {
  TemporaryFile file(path);
  if (Result<void> written = file.write(content, mode); !written) return written;
  failpoint("stored");
  if (Result<void> placed = file.put_instead(); !placed) return placed;
  failpoint("stored");
  return sync_folder_of(path);
}

}  // namespace latchkey::crypto
