#include "service/identity/proofs/proof.hpp"

namespace latchkey::service {

ProofResult verify_token(const ProofCase& proof_case, const protocol::TokenProof& proof) {
  const registry::Enrolment* enrolment = proof_case.enrolment(registry::ProofKind::token);
  const registry::Enrolment& against = enrolment != nullptr ? *enrolment : proof_case.decoys.symmetric();
  const bool matches = crypto::equal_constant_time(proof.token_hash, against.material);
  if (enrolment == nullptr) return proof_case.no_enrolment("no group with this token");
  if (!matches) return refusal(registry::Reason::wrong_token);
  return Proven{.by_token = true, .renews = false, .key = {}, .symmetric = {}};
}

}  // namespace latchkey::service
