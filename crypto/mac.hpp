#pragma once

#include "crypto/secret.hpp"

namespace latchkey::crypto {

[[nodiscard]] Sha256Digest sha256(ByteView data);

/// HMAC-SHA256 (RFC 2104) under a key of any length.
[[nodiscard]] Sha256Digest hmac_sha256(ByteView key, ByteView data);

/// A key of its own for every use of another key: HMAC-SHA256(key, label), 32 bytes.
[[nodiscard]] Secret derive_key(ByteView key, std::string_view label);

/// HKDF-SHA256 (RFC 5869) of at most 32 bytes, its first block.
[[nodiscard]] Secret hkdf_sha256(ByteView key, ByteView salt, ByteView info, std::size_t size);

/// Fills `out` from the operating system's generator by way of OpenSSL. Ends the process if there is none.
void fill_random(std::span<std::uint8_t> out);
[[nodiscard]] Bytes random_bytes(std::size_t size);

inline constexpr std::size_t aead_iv_bytes = 12;
inline constexpr std::size_t aead_tag_bytes = 16;

/// What AES-256-GCM makes of a plaintext.
struct AeadText {
  Bytes ciphertext;
  std::array<std::uint8_t, aead_tag_bytes> tag;
};
/// AES-256-GCM. `key` is 32 bytes and `iv` 12, which no two messages under one key may share.
[[nodiscard]] AeadText aead_encrypt(ByteView key, ByteView iv, ByteView associated_data, ByteView plaintext);
/// An IV or a tag of another size is `malformed`.
[[nodiscard]] Result<Secret> aead_decrypt(ByteView key, ByteView iv, ByteView associated_data,
                                          ByteView ciphertext, ByteView tag);

/// The same of one text: IV || ciphertext || tag.
[[nodiscard]] Result<Secret> aead_open(ByteView key, ByteView associated_data, ByteView sealed);

}  // namespace latchkey::crypto
