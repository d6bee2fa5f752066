#pragma once

#include "crypto/bytes.hpp"

namespace latchkey::crypto {

/// base64url without padding (RFC 7515, section 2).
[[nodiscard]] std::string base64url_encode(ByteView bytes);
/// Strict: no padding, no white space, no character outside the alphabet, no unused bit set in the last
/// character.
[[nodiscard]] Result<Bytes> base64url_decode(std::string_view text);

/// base64 with padding (RFC 4648, section 4), as `x5c` uses it.
[[nodiscard]] std::string base64_encode(ByteView bytes);
/// Strict in the same way: canonical padding required.
[[nodiscard]] Result<Bytes> base64_decode(std::string_view text);

}  // namespace latchkey::crypto
