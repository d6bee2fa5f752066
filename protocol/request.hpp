#pragma once

#include "protocol/device_id.hpp"
#include "protocol/signature_proof.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace latchkey::protocol {

enum class CredentialType { x509, password, other };

/// A P-256 point. `read_encryption_key` (protocol/jwk.hpp) checks that it is on the curve.
struct EncryptionKey {
  crypto::Bytes x;
  crypto::Bytes y;
};

/// A device's request (docs/protocol.md, 2): syntax and limits are checked, its proof is not.
struct Request {
  std::string request_id;
  DeviceId device_id;
  CredentialType credential = CredentialType::other;
  crypto::Bytes csr;  ///< DER, not parsed; empty unless x509
  std::optional<std::int64_t> issued_at;
  std::optional<std::string> nonce;
  std::optional<EncryptionKey> encryption_key;
  std::string attributes = "{}";  ///< a JSON object, compact, within the limits
  /// The largest MQTT payload that the device can take; 0: the request names none.
  std::int64_t max_message_bytes = 0;
};

/// The proof of a plain request. Only the token's hash is kept.
struct TokenProof {
  crypto::Sha256Digest token_hash;
};

using Proof = std::variant<TokenProof, SignatureProof>;

struct ReceivedRequest {
  Request request;
  Proof proof;
};

/// Why a message is not a valid request. `message` names the member and may be sent in an answer: printable
/// ASCII of bounded length.
struct InvalidRequest {
  std::optional<std::string> request_id;  ///< if it could be read
  std::string message;
};

/// Decodes a plain or a signed request. The payload's device_id must be `topic_id`, the id in the topic.
[[nodiscard]] std::expected<ReceivedRequest, InvalidRequest> decode_request(const DeviceId& topic_id,
                                                                            std::string_view payload);

/// For devices. With a `token`: the JSON of a plain request; without: the payload of a signed one.
[[nodiscard]] crypto::Secret encode_request(const Request& request, const crypto::Secret* token);
/// Signs such a payload under the device's symmetric key; `group` becomes `kid`.
[[nodiscard]] std::string sign_request(std::string_view payload, crypto::ByteView key,
                                       const std::optional<std::string>& group);

/// Members of a request's JOSE header besides `typ` and `alg`. `chain` and `current_certificate` exclude each
/// other.
struct RequestHeader {
  std::optional<std::string> group;                         ///< `kid`
  std::vector<crypto::Bytes> chain;                         ///< `x5c`, DER, leaf first: an X.509 proof
  std::optional<crypto::Sha256Digest> current_certificate;  ///< `x5t#S256`: a renewal
};
/// Signs such a payload with a private key. The key's kind decides `alg`.
[[nodiscard]] std::string sign_request(std::string_view payload, const crypto::PrivateKey& key,
                                       const RequestHeader& header);

/// The digest by which a repeated request is recognized (docs/protocol.md, 4): SHA-256 over the credential
/// type, the CSR's SubjectPublicKeyInfo (empty for a password) and the encryption key, each prefixed with its
/// length.
[[nodiscard]] crypto::Sha256Digest request_digest(CredentialType credential, crypto::ByteView spki,
                                                  const std::optional<EncryptionKey>& encryption_key);

}  // namespace latchkey::protocol
