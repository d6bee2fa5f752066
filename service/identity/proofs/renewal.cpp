#include "service/identity/proofs/signed_under.hpp"

namespace latchkey::service {

using registry::Reason;

ProofResult verify_renewal(const ProofCase& proof_case, const protocol::SignatureProof& proof) {
  const auto& presented = proof_case.facts.presented;
  const auto key = presented ? key_of(crypto::Certificate::from_der(presented->certificate)) : no_key();
  const bool matches = signed_under(key, proof, proof_case.decoys);
  if (!presented) return refusal(Reason::unknown_certificate);
  if (presented->certificate.empty()) return refusal(Reason::certificate_erased);
  if (!matches) return refusal(Reason::renewal_not_signed);
  if (!presented->renews()) return refusal({Reason::certificate_ended, presented->status});
  if (!proof_case.facts.enrolment) return refusal(Reason::enrolment_gone);
  return Proven{.by_token = false, .renews = true, .key = {}, .symmetric = {}};
}

}  // namespace latchkey::service
