#pragma once

#include "protocol/request.hpp"
#include "service/identity/decoy_keys.hpp"
#include "service/identity/proofs/group_anchors.hpp"
#include "service/identity/proofs/symmetric_key.hpp"

#include <expected>

// The proofs (docs/protocol.md, 2), one for each file. Each takes about the same time whether it verifies or
// not, and even without an enrolment: then it is checked against a decoy.
namespace latchkey::service {

/// The result of a verified proof.
struct Proven {
  bool by_token = false;
  bool renews = false;  ///< the proof is the device's current certificate
  /// SHA-256 of the public key, for enrolments by public key or X.509.
  std::optional<crypto::Sha256Digest> key;
  std::optional<DeviceKey> symmetric;  ///< for a proof by MAC
};

/// The error is for the ledger; the device always gets `unauthorized`.
using ProofResult = std::expected<Proven, registry::Cause>;

[[nodiscard]] inline std::unexpected<registry::Cause> refusal(registry::Cause cause) {
  return std::unexpected(std::move(cause));
}

/// A request, and what its proof is checked against.
struct ProofCase {
  const protocol::Request& request;
  const registry::RequestFacts& facts;
  crypto::Time now;
  const MasterKey& master;
  const DecoyKeys& decoys;
  GroupAnchors& anchors;

  /// The enrolment if it is of this kind, else null.
  [[nodiscard]] const registry::Enrolment* enrolment(registry::ProofKind kind) const;
  /// The cause for a missing enrolment of this kind; `none` says what the lookup did not find.
  [[nodiscard]] std::unexpected<registry::Cause> no_enrolment(std::string_view none) const;
};

[[nodiscard]] ProofResult verify_token(const ProofCase& proof_case, const protocol::TokenProof& proof);
[[nodiscard]] ProofResult verify_symmetric_key(const ProofCase& proof_case,
                                               const protocol::SignatureProof& proof);
[[nodiscard]] ProofResult verify_public_key(const ProofCase& proof_case,
                                            const protocol::SignatureProof& proof);
[[nodiscard]] ProofResult verify_x509(const ProofCase& proof_case, const protocol::SignatureProof& proof);
[[nodiscard]] ProofResult verify_renewal(const ProofCase& proof_case, const protocol::SignatureProof& proof);

/// Verifies a proof by the function for its kind.
[[nodiscard]] ProofResult verify(const ProofCase& proof_case, const protocol::Proof& proof);

}  // namespace latchkey::service
