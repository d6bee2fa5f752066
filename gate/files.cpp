#include "gate/files.hpp"

#include "gate/names.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace latchkey::gate {

File::~File() {
  if (descriptor_ >= 0) static_cast<void>(::close(descriptor_));
}

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

bool File::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::optional<std::string> Folder::open(const std::string& path, Folder& folder) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return "state: the folder " + path + " cannot be made: " + std::strerror(errno);
  folder.path_ = path;
  folder.lock_ =
      std::make_shared<File>(::open((path + "/lock").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!*folder.lock_) return "state: the folder " + path + " cannot be written: " + std::strerror(errno);
  if (::flock(folder.lock_->descriptor(), LOCK_EX | LOCK_NB) != 0)
    return "state: another broker uses the folder " + path;
  return std::nullopt;
}

std::string Folder::name(std::string_view kind, std::uint64_t number) const {
  return path_ + "/" + std::string(kind) + "." + std::to_string(number);
}

std::vector<std::uint64_t> Folder::numbers(std::string_view kind) const {
  std::vector<std::uint64_t> numbers;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    const std::string file = entry.path().filename();
    std::string_view rest = file;
    if (take_until(rest, '.') != kind) continue;
    if (const auto number = read_number(rest)) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

File Folder::create(std::string_view kind, std::uint64_t number) const {
  return File(::open(name(kind, number).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
}

bool Folder::read(std::string_view kind, std::uint64_t number,
                  const std::function<void(std::string_view)>& with) const {
  const File file(::open(name(kind, number).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file || ::fstat(file.descriptor(), &status) != 0) return false;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) {
    with({});
    return true;
  }
  void* const content = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (content == MAP_FAILED) return false;
  const std::unique_ptr<void, std::function<void(void*)>> mapped(
      content, [size](void* at) { static_cast<void>(::munmap(at, size)); });
  with({static_cast<const char*>(content), size});
  return true;
}

void Folder::remove(std::string_view kind, std::uint64_t number) const {
  static_cast<void>(::unlink(name(kind, number).c_str()));
}

void Folder::sync() const {
  const File folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) static_cast<void>(::fsync(folder.descriptor()));
}

}  // namespace latchkey::gate
