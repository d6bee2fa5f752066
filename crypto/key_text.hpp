#pragma once

#include "crypto/secret.hpp"

namespace latchkey::crypto {

/// A key as an operator types it: base64 or base64url of `min`..`max` bytes, with nothing around it.
/// Ambiguous text is refused: hexadecimal digits are valid base64 too, of another key. The error is half a
/// sentence about "it" that names the encoding or size and never quotes the text.
[[nodiscard]] Result<Secret> read_key_text(std::string_view text, std::size_t min, std::size_t max);

}  // namespace latchkey::crypto
