#include "service/identity/proofs/signed_under.hpp"

namespace latchkey::service {

namespace {

crypto::Result<crypto::Certificate> certificate_of(const std::optional<registry::Presented>& presented) {
  if (presented) return crypto::Certificate::from_der(presented->certificate);
  return std::unexpected(crypto::Error{crypto::Fault::refused, "there is none"});
}

}  // namespace

using registry::Reason;

ProofResult verify_renewal(const ProofCase& proof_case, const protocol::SignatureProof& proof) {
  const auto& presented = proof_case.facts.presented;
  const auto certificate = certificate_of(presented);
  const auto key = key_of(certificate);
  const bool matches = signed_under(key, proof, proof_case.decoys);
  if (!presented) return refusal(Reason::unknown_certificate);
  if (presented->certificate.empty()) return refusal(Reason::certificate_erased);
  if (!matches) return refusal(Reason::renewal_not_signed);
  if (!was_issued_to(proof_case.request.device_id, *certificate, proof_case.anchors.own()))
    return refusal(Reason::certificate_not_issued);
  if (!presented->renews()) return refusal({Reason::certificate_ended, presented->status});
  if (!proof_case.facts.enrolment) return refusal(Reason::enrolment_gone);
  return Proven{.by_token = false, .renews = true, .key = {}, .symmetric = {}};
}

}  // namespace latchkey::service
