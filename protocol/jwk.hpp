#pragma once

#include "protocol/request.hpp"

namespace latchkey::protocol {

namespace json {
class Reader;
}

/// A public key as a JWK (RFC 7517; RFC 7518, 6.2 and 6.3; RFC 8037): EC P-256 or P-384, OKP Ed25519, or RSA,
/// with the bounds of `crypto::PublicKey`. `alg` and `use`, if present, must fit the use of the key here;
/// other members are ignored. A private key is refused, with an error that warns of it. The error names the
/// member.
[[nodiscard]] std::expected<crypto::PublicKey, std::string> read_public_jwk(std::string_view json);

/// Compact JSON of only the required members, ordered by name, as RFC 7638, 3 hashes it.
[[nodiscard]] std::string write_public_jwk(const crypto::PublicKey& key);

/// The public half of a P-256 key, for `Request::encryption_key`.
[[nodiscard]] EncryptionKey encryption_key_of(const crypto::PublicKey& key);

/// Reads the P-256 point of a JWK in a message. Unknown members are ignored, private ones are an error.
/// Nothing after an error.
[[nodiscard]] std::optional<EncryptionKey> read_encryption_key(const json::Reader& jwk);
/// Writes the key as a JWK.
[[nodiscard]] std::string write_encryption_key(const EncryptionKey& key);
/// Nothing if it is not a point on P-256. Every key from `read_encryption_key` is one.
[[nodiscard]] std::optional<crypto::PublicKey> public_key_of(const EncryptionKey& key);

}  // namespace latchkey::protocol
