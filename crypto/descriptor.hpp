#pragma once

#include "crypto/fail.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

// Private to this folder.
namespace latchkey::crypto {

/// A file descriptor that is closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] bool valid() const noexcept { return number_ >= 0; }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

/// What the system said about `path`, by errno.
[[nodiscard]] inline std::unexpected<Error> system_failure(Fault fault, std::string_view action,
                                                           const std::filesystem::path& path) {
  const int error = errno;
  return fail(fault, std::string(action) + " " + path.string() + ": " + std::strerror(error));
}

}  // namespace latchkey::crypto
