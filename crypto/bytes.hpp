#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::crypto {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using Sha256Digest = std::array<std::uint8_t, 32>;

/// The kind of failure, for callers that treat kinds differently.
enum class Fault {
  malformed,      ///< the bytes do not parse
  weak_key,       ///< a key of a kind or size that is not accepted
  bad_signature,  ///< well-formed, but the signature, MAC or tag does not verify
  refused,        ///< well-formed, but not allowed: wrong usage, wrong issuer, outside its validity
  internal,       ///< OpenSSL or the system failed, whatever the input
};

/// Why an operation on keys or untrusted bytes failed. `what` is for logs and the ledger, never for a device.
struct Error {
  Fault fault = Fault::internal;
  std::string what;
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case hexadecimal, no separators.
[[nodiscard]] std::string to_hex(ByteView bytes);

/// Compares in a time that depends on the lengths alone. Different lengths are unequal.
[[nodiscard]] bool equal_constant_time(ByteView a, ByteView b) noexcept;

}  // namespace latchkey::crypto
