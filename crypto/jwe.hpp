#pragma once

#include "crypto/secret.hpp"

namespace latchkey::crypto {

/// The parts of a JWE Compact Serialization (RFC 7516, 7.1), not decrypted. For A256GCM with a key that the
/// message does not contain: the encrypted key is empty, the IV has 12 bytes, the tag 16.
struct CompactJwe {
  Bytes header;  ///< the protected header's JSON
  Bytes iv;
  Bytes ciphertext;
  Bytes tag;
  std::string_view associated_data;  ///< the first part, within the text that was parsed
};

/// `malformed` unless the text is exactly five strict base64url parts of those sizes.
[[nodiscard]] Result<CompactJwe> parse_compact_jwe(std::string_view text);

/// A256GCM (RFC 7518, 5.3) under `key` of 32 bytes.
[[nodiscard]] Result<Secret> decrypt(const CompactJwe& jwe, ByteView key);
/// Encrypts under a new random IV. `header` is JSON; the caller sets its `alg` and `enc`.
[[nodiscard]] std::string encrypt(std::string_view header, std::string_view plaintext, ByteView key);

}  // namespace latchkey::crypto
