#pragma once

#include "protocol/request.hpp"
#include "service/identity/decoy_keys.hpp"
#include "service/identity/device_key.hpp"
#include "service/identity/proofs/group_anchors.hpp"

#include <expected>

// The proofs (docs/protocol.md, 2), one a file. Each costs about the same whether it fails or not, and
// whether there is an enrolment to check it against or not: then it is checked against a decoy.
namespace latchkey::service {

/// What a proof showed.
struct Proven {
  bool by_token = false;
  bool renews = false;                      ///< by the device's current certificate
  std::optional<crypto::Sha256Digest> key;  ///< SHA-256 of the public key, where the enrolment names one
  std::optional<DeviceKey> symmetric;       ///< where a MAC was the proof
};

/// The error is for the ledger; the device hears `unauthorized`, whatever it is.
using ProofResult = std::expected<Proven, registry::Cause>;

[[nodiscard]] inline std::unexpected<registry::Cause> refusal(registry::Cause cause) {
  return std::unexpected(std::move(cause));
}

/// One request, and what it is checked against.
struct ProofCase {
  const protocol::Request& request;
  const registry::RequestFacts& facts;
  crypto::Time now;
  const MasterKey& master;
  const DecoyKeys& decoys;
  GroupAnchors& anchors;

  /// The enrolment, if it proves itself in this way.
  [[nodiscard]] const registry::Enrolment* enrolment(registry::ProofKind kind) const;
  /// Why there is none of this kind; `none` says what the lookup did not find.
  [[nodiscard]] std::unexpected<registry::Cause> no_enrolment(std::string_view none) const;
};

[[nodiscard]] ProofResult verify_token(const ProofCase& proof_case, const protocol::TokenProof& proof);
[[nodiscard]] ProofResult verify_symmetric_key(const ProofCase& proof_case,
                                               const protocol::SignatureProof& proof);
[[nodiscard]] ProofResult verify_public_key(const ProofCase& proof_case,
                                            const protocol::SignatureProof& proof);
[[nodiscard]] ProofResult verify_x509(const ProofCase& proof_case, const protocol::SignatureProof& proof);
[[nodiscard]] ProofResult verify_renewal(const ProofCase& proof_case, const protocol::SignatureProof& proof);

/// The one of these that the message's header calls for.
[[nodiscard]] ProofResult verify(const ProofCase& proof_case, const protocol::Proof& proof);

}  // namespace latchkey::service
