#include "service/identity/proofs/signed_under.hpp"

namespace latchkey::service {

using registry::Reason;

ProofResult verify_symmetric_key(const ProofCase& proof_case, const protocol::SignatureProof& proof) {
  const protocol::DeviceId& id = proof_case.request.device_id;
  const bool plain = proof.chain.empty() && !proof.current_certificate;
  const registry::Enrolment* enrolment =
      plain ? proof_case.enrolment(registry::ProofKind::symmetric_key) : nullptr;
  const registry::Enrolment& against = enrolment != nullptr ? *enrolment : proof_case.decoys.symmetric();
  auto key = device_key(proof_case.master, against, against.material, id);
  bool all_opened = key.has_value();
  bool matches = key && mac_matches(proof, key->key.view());
  if (!matches && enrolment != nullptr && !enrolment->secondary.empty()) {
    key = device_key(proof_case.master, *enrolment, enrolment->secondary, id);
    all_opened = all_opened && key;
    matches = key && mac_matches(proof, key->key.view());
  }
  if (enrolment == nullptr)
    return proof_case.no_enrolment(proof.kid ? "no group of the name in kid" : "no kid that names a group");
  if (!matches) return refusal(all_opened ? Reason::wrong_key : Reason::enrolled_key_not_opened);
  return Proven{.by_token = false, .renews = false, .key = {}, .symmetric = std::move(*key)};
}

}  // namespace latchkey::service
