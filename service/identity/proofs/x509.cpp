#include "service/identity/proofs/signed_under.hpp"
#include "service/keys/pki.hpp"

namespace latchkey::service {
namespace {

using registry::Cause;
using registry::Enrolment;
using registry::Origin;
using registry::Reason;

/// Why the chain does not end at one of the group's CAs; nothing if it does.
std::optional<Cause> misfit_of_group(const ProofCase& proof_case, const crypto::Certificate& leaf,
                                     const protocol::SignatureProof& proof) {
  std::optional<Cause> why;
  const auto above = std::span(proof.chain).subspan(1);
  const Enrolment& enrolment = *proof_case.facts.enrolment;
  for (const crypto::Bytes* ca : {&enrolment.material, &enrolment.secondary}) {
    if (ca->empty()) continue;
    const auto anchor = proof_case.anchors.anchor(*ca);
    if (!anchor) {
      if (!why) why.emplace(Reason::group_ca_not_accepted, anchor.error());
      continue;
    }
    const auto good = anchor->verify(leaf, above, proof_case.now);
    if (good) return std::nullopt;
    if (!why) why.emplace(Reason::chain_not_accepted, good.error().what);
  }
  return why;
}

/// Why the leaf does not match the enrolment; nothing if it does.
std::optional<Cause> misfit(const ProofCase& proof_case, const crypto::Certificate& leaf,
                            const protocol::SignatureProof& proof) {
  const Enrolment& enrolment = *proof_case.facts.enrolment;
  if (is_of_the_service(leaf, proof_case.anchors.own())) return Reason::certificate_of_the_service;
  if (enrolment.origin == Origin::device) {
    if (!crypto::equal_constant_time(leaf.fingerprint(), enrolment.material))
      return Reason::other_certificate_enrolled;
    if (leaf.is_ca()) return Reason::certificate_is_a_ca;
    if (proof_case.now < leaf.not_before() || proof_case.now > leaf.not_after())
      return Reason::certificate_outside_validity;
    return std::nullopt;
  }
  if (proof.kid && proof.kid != enrolment.group) return Reason::kid_of_another_group;
  if (auto why = misfit_of_group(proof_case, leaf, proof)) return why;
  const auto id = crypto::identity_in(leaf, enrolment.id_from);
  if (!id) return Cause(Reason::no_id_in_certificate, id.error().what);
  if (*id != proof_case.request.device_id.text()) return Reason::certificate_of_another_device;
  return std::nullopt;
}

}  // namespace

ProofResult verify_x509(const ProofCase& proof_case, const protocol::SignatureProof& proof) {
  const auto leaf = crypto::Certificate::from_der(proof.chain.front());
  const auto key = key_of(leaf);
  // A certificate is public: only a signature by its key is a proof.
  const bool matches = signed_under(key, proof, proof_case.decoys);
  if (proof_case.enrolment(registry::ProofKind::x509) == nullptr)
    return proof_case.no_enrolment("no group of the CA that x5c leads to");
  if (!leaf) return refusal({Reason::malformed_certificate, leaf.error().what});
  if (!key) return refusal({Reason::certificate_key_not_accepted, key.error().what});
  if (!matches) return refusal(Reason::certificate_not_signed);
  if (auto why = misfit(proof_case, *leaf, proof)) return refusal(*std::move(why));
  return Proven{.by_token = false, .renews = false, .key = key->fingerprint(), .symmetric = {}};
}

}  // namespace latchkey::service
