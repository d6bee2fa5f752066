#pragma once

#include "crypto/certificate.hpp"
#include "protocol/request.hpp"
#include "protocol/signer.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The device's proof (docs/protocol.md, 2), and how messages to it are signed because of that.
namespace latchkey::device {

/// The device's own symmetric key, 32-64 bytes; with the name of the enrolment group where the key was
/// derived from one.
struct KeyProof {
  crypto::Secret key;
  std::optional<std::string> group;
};

/// A private key from the factory, whose public half is enrolled, or certified by `chain` (DER, leaf first).
struct PrivateKeyProof {
  crypto::PrivateKey key;
  std::vector<crypto::Bytes> chain;  ///< empty: the key itself is enrolled
  std::optional<std::string> group;
};

struct EnrolmentToken {
  crypto::Secret token;
};

/// The certificate that the device connects with: the proof of a renewal (store.hpp, `renewal_proof`).
struct RenewalProof {
  crypto::PrivateKey key;
  crypto::Sha256Digest certificate;
};

using OwnProof = std::variant<KeyProof, PrivateKeyProof, EnrolmentToken, RenewalProof>;

/// An encoded and signed request.
struct ProvenRequest {
  std::string payload;
  std::string_view content_type;
};
/// Encodes and signs a request. A token's request has no `issued_at` and `nonce`.
[[nodiscard]] ProvenRequest prove(const OwnProof& proof, const protocol::Request& request);

/// The signer of an answer and of the configurations after it.
enum class AnsweredBy { device_key, service };
[[nodiscard]] AnsweredBy answered_by(const OwnProof& proof) noexcept;

/// The verifier of answers. Depends only on the device's own proof, never on a received message. For
/// `device_key` without a key no answer verifies.
[[nodiscard]] protocol::Verifier verifier_of(AnsweredBy by, const OwnProof& proof,
                                             protocol::ServiceAnchors anchors);

/// Decrypts the secrets of an answer: by the private key of the request's encryption_key if it had one, else
/// by the device's symmetric key, else not at all. The error is for people.
[[nodiscard]] std::expected<crypto::Secret, std::string> open_secrets(
    const OwnProof& proof, const std::optional<crypto::PrivateKey>& encryption_key, std::string_view sealed);

}  // namespace latchkey::device
