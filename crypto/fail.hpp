#pragma once

#include "crypto/bytes.hpp"

#include <utility>

// Private to this folder.
namespace latchkey::crypto {

[[nodiscard]] inline std::unexpected<Error> fail(Fault fault, std::string what) {
  return std::unexpected(Error{fault, std::move(what)});
}

/// Ends the process. For a failure that only a broken library, a broken machine or a violated contract can
/// cause.
[[noreturn]] void die(std::string_view what) noexcept;

}  // namespace latchkey::crypto
