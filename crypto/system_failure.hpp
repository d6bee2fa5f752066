#pragma once

#include "crypto/fail.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

// Private to this folder.
namespace latchkey::crypto {

/// An error about `path` with the system's text for errno.
[[nodiscard]] inline std::unexpected<Error> system_failure(Fault fault, std::string_view action,
                                                           const std::filesystem::path& path) {
  const int error = errno;
  return fail(fault, std::string(action) + " " + path.string() + ": " + std::strerror(error));
}

}  // namespace latchkey::crypto
