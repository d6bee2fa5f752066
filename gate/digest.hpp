#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::gate {

using Digest = std::array<unsigned char, 32>;

/// SHA-256 of the two texts, one after the other. Throws std::bad_alloc if libcrypto fails.
[[nodiscard]] Digest sha256(std::string_view first, std::string_view second = {});
/// Compares in constant time.
[[nodiscard]] bool same(const Digest& one, const Digest& other);
/// The first 64 bits, as a number.
[[nodiscard]] std::uint64_t prefix_of(const Digest& digest);

[[nodiscard]] std::string to_hex(std::span<const unsigned char> bytes);
/// Reads lower-case hexadecimal digits that fill `bytes` exactly; false if the text is anything else.
[[nodiscard]] bool read_hex(std::string_view text, std::span<unsigned char> bytes);

}  // namespace latchkey::gate
