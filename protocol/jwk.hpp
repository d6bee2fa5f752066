#pragma once

#include "protocol/request.hpp"

namespace latchkey::protocol {

namespace json {
class Reader;
}

/// A public key as a JWK (RFC 7517; RFC 7518, 6.2 and 6.3; RFC 8037): EC P-256 or P-384, OKP Ed25519, or RSA,
/// with the bounds of `crypto::PublicKey`. `alg` and `use`, where they are there, must say what this project
/// would use the key for; other members are ignored. A private key is refused, and the error says that it
/// should not have been sent. The error names the member.
[[nodiscard]] std::expected<crypto::PublicKey, std::string> read_public_jwk(std::string_view json);

/// Compact, the members that make the key and no other, in the order of their names: what RFC 7638, 3 hashes.
[[nodiscard]] std::string write_public_jwk(const crypto::PublicKey& key);

/// The public half of a P-256 key, for `Request::encryption_key`.
[[nodiscard]] EncryptionKey encryption_key_of(const crypto::PublicKey& key);

/// A P-256 point within a message: the members of the JWK that `jwk` reads. Other members are ignored,
/// private ones are not. Nothing if the reader complained.
[[nodiscard]] std::optional<EncryptionKey> read_encryption_key(const json::Reader& jwk);
/// Its JSON.
[[nodiscard]] std::string write_encryption_key(const EncryptionKey& key);
/// Nothing if it is no point on P-256; what `read_encryption_key` gave is.
[[nodiscard]] std::optional<crypto::PublicKey> public_key_of(const EncryptionKey& key);

}  // namespace latchkey::protocol
