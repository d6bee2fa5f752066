#pragma once

#include "crypto/secret.hpp"

namespace latchkey::crypto {

[[nodiscard]] Sha256Digest sha256(ByteView data);

/// HMAC-SHA256 (RFC 2104) under a key of any length.
[[nodiscard]] Sha256Digest hmac_sha256(ByteView key, ByteView data);

/// A key of its own for every use of another key: HMAC-SHA256(key, label), 32 bytes.
[[nodiscard]] Secret derive_key(ByteView key, std::string_view label);

/// Fills `out` from the operating system's generator by way of OpenSSL. Ends the process if there is none.
void fill_random(std::span<std::uint8_t> out);
[[nodiscard]] Bytes random_bytes(std::size_t size);

/// AES-256-GCM with a random 96-bit IV: IV || ciphertext || 128-bit tag. `key` is 32 bytes.
[[nodiscard]] Bytes aead_seal(ByteView key, ByteView associated_data, ByteView plaintext);
[[nodiscard]] Result<Secret> aead_open(ByteView key, ByteView associated_data, ByteView sealed);

}  // namespace latchkey::crypto
