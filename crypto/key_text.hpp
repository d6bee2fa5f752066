#pragma once

#include "crypto/secret.hpp"

namespace latchkey::crypto {

/// A key as people write it: base64 or base64url of `min`..`max` bytes, and nothing around it. What has
/// another meaning too is refused, since hexadecimal digits are base64 of another key. The error says what
/// was seen, as half a sentence about "it", and nothing of the text.
[[nodiscard]] Result<Secret> read_key_text(std::string_view text, std::size_t min, std::size_t max);

}  // namespace latchkey::crypto
