#pragma once

#include "crypto/secret.hpp"

namespace latchkey::crypto {

[[nodiscard]] Sha256Digest sha256(ByteView data);

/// HMAC-SHA256 (RFC 2104) under a key of any length.
[[nodiscard]] Sha256Digest hmac_sha256(ByteView key, ByteView data);

/// A separate key for each use of one key: HMAC-SHA256(key, label), 32 bytes.
[[nodiscard]] Secret derive_key(ByteView key, std::string_view label);

/// HKDF-SHA256 (RFC 5869); `size` is at most 32, its first block.
[[nodiscard]] Secret hkdf_sha256(ByteView key, ByteView salt, ByteView info, std::size_t size);

/// Fills `out` with OpenSSL's random bytes. Ends the process if there are none.
void fill_random(std::span<std::uint8_t> out);
[[nodiscard]] Bytes random_bytes(std::size_t size);

inline constexpr std::size_t aead_iv_bytes = 12;
inline constexpr std::size_t aead_tag_bytes = 16;

/// The output of AES-256-GCM.
struct AeadText {
  Bytes ciphertext;
  std::array<std::uint8_t, aead_tag_bytes> tag;
};
/// AES-256-GCM. `key` has 32 bytes, `iv` 12. An IV must never be used twice with the same key.
[[nodiscard]] AeadText aead_encrypt(ByteView key, ByteView iv, ByteView associated_data, ByteView plaintext);
/// An IV or a tag of another size is `malformed`.
[[nodiscard]] Result<Secret> aead_decrypt(ByteView key, ByteView iv, ByteView associated_data,
                                          ByteView ciphertext, ByteView tag);

/// The same for one text: IV || ciphertext || tag.
[[nodiscard]] Result<Secret> aead_open(ByteView key, ByteView associated_data, ByteView sealed);

}  // namespace latchkey::crypto
