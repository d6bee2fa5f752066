#include "service/identity/proofs/proof.hpp"

namespace latchkey::service {

const registry::Enrolment* ProofCase::enrolment(registry::ProofKind kind) const {
  return facts.enrolment && facts.enrolment->proof == kind ? &*facts.enrolment : nullptr;
}

std::unexpected<registry::Cause> ProofCase::no_enrolment(std::string_view none) const {
  if (!facts.enrolment) return refusal({registry::Reason::no_enrolment, std::string(none)});
  return refusal(
      {registry::Reason::other_kind_of_proof, std::string(registry::name_of(facts.enrolment->proof))});
}

ProofResult verify(const ProofCase& proof_case, const protocol::Proof& proof) {
  if (const auto* token = std::get_if<protocol::TokenProof>(&proof)) return verify_token(proof_case, *token);
  const auto& signature = std::get<protocol::SignatureProof>(proof);
  // RFC 8725, 3.1: the enrolment decides how a proof is verified; the header selects only the kind.
  if (signature.algorithm == crypto::Algorithm::hs256) return verify_symmetric_key(proof_case, signature);
  if (signature.current_certificate) return verify_renewal(proof_case, signature);
  if (!signature.chain.empty()) return verify_x509(proof_case, signature);
  return verify_public_key(proof_case, signature);
}

}  // namespace latchkey::service
