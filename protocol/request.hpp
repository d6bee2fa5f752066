#pragma once

#include "crypto/jws.hpp"
#include "protocol/device_id.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace latchkey::protocol {

enum class CredentialType { x509, password, other };

/// A P-256 point (RFC 7517), checked to be on the curve by whoever read it (protocol/jwk.hpp).
struct EncryptionKey {
  crypto::Bytes x;
  crypto::Bytes y;
};

/// What a device asks for (docs/protocol.md, 2), shape and limits checked, nothing proven.
struct Request {
  std::string request_id;
  DeviceId device_id;
  CredentialType credential = CredentialType::other;
  crypto::Bytes csr;  ///< DER, not parsed; empty unless x509
  std::optional<std::int64_t> issued_at;
  std::optional<std::string> nonce;
  std::optional<EncryptionKey> encryption_key;
  std::string attributes = "{}";  ///< a JSON object, compact, within the limits
};

/// The plain encoding's proof. The token itself is forgotten as soon as it is hashed.
struct TokenProof {
  crypto::Sha256Digest token_hash;
};

/// The signed encoding's proof: the JWS header's members and what the signature covers.
struct SignatureProof {
  crypto::Algorithm algorithm;
  std::optional<std::string> group;                         ///< `kid`
  std::vector<crypto::Bytes> chain;                         ///< `x5c`, leaf first
  std::optional<crypto::Sha256Digest> current_certificate;  ///< `x5t#S256`
  std::string signing_input;
  crypto::Bytes signature;
};

using Proof = std::variant<TokenProof, SignatureProof>;

struct ReceivedRequest {
  Request request;
  Proof proof;
};

/// Why a message is no request. `message` names the member and is fit for an answer: printable ASCII,
/// bounded.
struct InvalidRequest {
  std::optional<std::string> request_id;  ///< where it could be read
  std::string message;
};

/// Reads either encoding. `topic_id` is the id in the topic; the payload's must be the same.
[[nodiscard]] std::expected<ReceivedRequest, InvalidRequest> decode_request(const DeviceId& topic_id,
                                                                            std::string_view payload);

/// The device's side. `token` makes a plain request's JSON, its absence the payload of a signed one.
[[nodiscard]] crypto::Secret encode_request(const Request& request, const crypto::Secret* token);
/// Signs such a payload under the device's symmetric key; `group` becomes `kid`.
[[nodiscard]] std::string sign_request(std::string_view payload, crypto::ByteView key,
                                       const std::optional<std::string>& group);

/// What the header of a request says besides `typ` and `alg`. A chain and a current certificate exclude each
/// other.
struct RequestHeader {
  std::optional<std::string> group;                         ///< `kid`
  std::vector<crypto::Bytes> chain;                         ///< `x5c`, DER, leaf first: an X.509 proof
  std::optional<crypto::Sha256Digest> current_certificate;  ///< `x5t#S256`: a renewal
};
/// Signs such a payload with a private key, whose kind says the `alg`.
[[nodiscard]] std::string sign_request(std::string_view payload, const crypto::PrivateKey& key,
                                       const RequestHeader& header);

/// What idempotence compares (docs/protocol.md, 4): SHA-256 over the credential type, the CSR's
/// SubjectPublicKeyInfo (empty for a password) and the encryption key, each with its length in front.
[[nodiscard]] crypto::Sha256Digest request_digest(CredentialType credential, crypto::ByteView spki,
                                                  const std::optional<EncryptionKey>& encryption_key);

}  // namespace latchkey::protocol
