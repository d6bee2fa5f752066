#pragma once

#include "protocol/request.hpp"

/// Secrets within answers and configurations (docs/protocol.md, 3, `sealed`): JWE Compact, `enc` A256GCM.
/// Nobody but the device can read them, whoever reads the answer around them.
namespace latchkey::protocol {

/// To the holder of the private half, `alg` ECDH-ES (RFC 7518, 4.6): a new ephemeral key and a new IV each
/// time. `recipient` comes from a request that `decode_request` read; a point off the curve ends the process.
[[nodiscard]] std::string seal_to(const EncryptionKey& recipient, std::string_view plaintext);

/// To the holder of the symmetric key, `alg` dir under `sealing_key(K)`, 32 bytes. A new random IV each time:
/// a key is good for 2^32 messages, many more than one device is ever sent.
[[nodiscard]] std::string seal_with(crypto::ByteView sealing_key, std::string_view plaintext);

/// The device's side: what was sealed to it. Which kind of key it holds says what the header must be, before
/// the header is read; in the header is what that kind needs and nothing else: no `zip`, `apu`, `apv`, `crit`
/// or `kid`, and the ephemeral key is a point on P-256. The error is for logs, not for the peer.
[[nodiscard]] std::expected<crypto::Secret, std::string> open_sealed(std::string_view jwe,
                                                                     const crypto::PrivateKey& key);
[[nodiscard]] std::expected<crypto::Secret, std::string> open_sealed(std::string_view jwe,
                                                                     const crypto::Secret& sealing_key);

/// What is inside: a JSON object of these members; a receiver ignores others.
struct Secrets {
  std::optional<crypto::Secret> password;
  std::optional<crypto::Secret> config;  ///< a JSON object
};
[[nodiscard]] crypto::Secret write_secrets(const Secrets& secrets);
[[nodiscard]] std::expected<Secrets, std::string> read_secrets(std::string_view json);

}  // namespace latchkey::protocol
