#pragma once

#include "crypto/bytes.hpp"

#include <utility>

// Private to this folder.
namespace latchkey::crypto {

[[nodiscard]] inline std::unexpected<Error> fail(Fault fault, std::string what) {
  return std::unexpected(Error{fault, std::move(what)});
}

/// Ends the process: for what fails only if the library or the machine is broken, or if a caller broke a
/// contract.
[[noreturn]] void die(std::string_view what) noexcept;

}  // namespace latchkey::crypto
