#pragma once

#include "crypto/secret.hpp"

namespace latchkey::crypto {

/// A JWE Compact Serialization (RFC 7516, 7.1) taken apart, nothing decrypted. Of the shape that A256GCM and
/// a key that is not itself in the message have: the encrypted key is empty, the IV has 12 bytes, the tag 16.
struct CompactJwe {
  Bytes header;  ///< the protected header's JSON
  Bytes iv;
  Bytes ciphertext;
  Bytes tag;
  std::string_view associated_data;  ///< the first part, within the text that was parsed
};

/// Exactly five strict base64url parts of that shape.
[[nodiscard]] Result<CompactJwe> parse_compact_jwe(std::string_view text);

/// A256GCM (RFC 7518, 5.3) under `key` of 32 bytes.
[[nodiscard]] Result<Secret> decrypt(const CompactJwe& jwe, ByteView key);
/// Under a new random IV. `header` is JSON; its `alg` and `enc` are the caller's to set rightly.
[[nodiscard]] std::string encrypt(std::string_view header, std::string_view plaintext, ByteView key);

}  // namespace latchkey::crypto
