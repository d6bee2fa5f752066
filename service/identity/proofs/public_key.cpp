#include "service/identity/proofs/signed_under.hpp"

namespace latchkey::service {

using registry::Reason;

ProofResult verify_public_key(const ProofCase& proof_case, const protocol::SignatureProof& proof) {
  const registry::Enrolment* enrolment = proof_case.enrolment(registry::ProofKind::public_key);
  const auto key = enrolment != nullptr ? crypto::PublicKey::from_spki(enrolment->material) : no_key();
  const bool matches = signed_under(key, proof, proof_case.decoys);
  if (enrolment == nullptr) return proof_case.no_enrolment("no x5c that leads to a group");
  if (!key) return refusal({Reason::enrolled_key_not_accepted, key.error().what});
  if (!fits(key, proof)) return refusal(Reason::wrong_algorithm);
  if (!matches) return refusal(Reason::wrong_key);
  return Proven{.by_token = false, .renews = false, .key = key->fingerprint(), .symmetric = {}};
}

}  // namespace latchkey::service
