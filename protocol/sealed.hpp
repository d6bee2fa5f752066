#pragma once

#include "protocol/request.hpp"

/// Secrets within answers and configurations (docs/protocol.md, 3, `sealed`): JWE Compact, `enc` A256GCM.
/// Only the device can read them, even where others can read the answer.
namespace latchkey::protocol {

/// What a device's secrets are sealed under: its encryption key, or a `sealing_key` (protocol/signer.hpp).
using SealingKey = std::variant<EncryptionKey, crypto::Secret>;

/// Seals the alternatives of one message, of which the device gets one: the key agreement, which costs more
/// than all else, is made once.
class Sealer {
 public:
  /// To a public key, `alg` ECDH-ES (RFC 7518, 4.6), with a new ephemeral key. `recipient` must come from
  /// `decode_request`: a point off the curve ends the process.
  explicit Sealer(const EncryptionKey& recipient);
  /// With a symmetric key of 32 bytes, `alg` dir. The IVs are random, which is safe for 2^32 messages a key,
  /// far more than one device receives.
  explicit Sealer(crypto::ByteView sealing_key);
  explicit Sealer(const SealingKey& key);

  /// With a new IV each time.
  [[nodiscard]] std::string seal(std::string_view plaintext) const;

 private:
  std::string header_;
  crypto::Secret key_;
};

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

/// A configuration, a JSON object, sealed alone.
[[nodiscard]] std::string seal_config(const SealingKey& key, std::string_view config);

}  // namespace latchkey::protocol
