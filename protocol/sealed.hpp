#pragma once

#include "protocol/request.hpp"

/// Secrets within answers and configurations (docs/protocol.md, 3, `sealed`): JWE Compact, `enc` A256GCM.
/// Only the device can read them, even where others can read the answer.
namespace latchkey::protocol {

/// Encrypts to a public key, `alg` ECDH-ES (RFC 7518, 4.6), with a new ephemeral key and a new IV each time.
/// `recipient` must come from `decode_request`: a point off the curve ends the process.
[[nodiscard]] std::string seal_to(const EncryptionKey& recipient, std::string_view plaintext);

/// Encrypts with a symmetric key, `alg` dir; `sealing_key` has 32 bytes. The IV is random, which is safe for
/// 2^32 messages a key, far more than one device receives.
[[nodiscard]] std::string seal_with(crypto::ByteView sealing_key, std::string_view plaintext);

/// What a device's secrets are sealed under: its encryption key, or a `sealing_key` (protocol/signer.hpp).
using SealingKey = std::variant<EncryptionKey, crypto::Secret>;
[[nodiscard]] std::string seal(const SealingKey& key, std::string_view plaintext);

/// For devices: decrypts. The device's kind of key decides which header is valid, before the header is read
/// (RFC 8725, 3.1). The header holds only the members for that kind, so no `zip`, `apu`, `apv`, `crit` or
/// `kid`; the ephemeral key must be on P-256. The error is for logs, not for the peer.
[[nodiscard]] std::expected<crypto::Secret, std::string> open_sealed(std::string_view jwe,
                                                                     const crypto::PrivateKey& key);
[[nodiscard]] std::expected<crypto::Secret, std::string> open_sealed(std::string_view jwe,
                                                                     const crypto::Secret& sealing_key);

/// The plaintext: a JSON object of these members. A receiver ignores others.
struct Secrets {
  std::optional<crypto::Secret> password;
  std::optional<crypto::Secret> config;  ///< a JSON object
};
[[nodiscard]] crypto::Secret write_secrets(const Secrets& secrets);
[[nodiscard]] std::expected<Secrets, std::string> read_secrets(std::string_view json);

}  // namespace latchkey::protocol
