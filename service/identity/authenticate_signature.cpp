#include "service/identity/authenticate_case.hpp"
#include "service/keys/pki.hpp"

// Proofs by a private key: an enrolled one, a certified one, or that of the device's current certificate.
namespace latchkey::service {
namespace {

using registry::Enrolment;
using registry::Origin;
using registry::ProofKind;

using MaybeKey = crypto::Result<crypto::PublicKey>;

bool fits(const MaybeKey& key, const protocol::SignatureProof& proof) {
  return key && key->algorithm() == proof.algorithm;
}

MaybeKey key_of(const crypto::Result<crypto::Certificate>& certificate) {
  return certificate ? certificate->public_key() : MaybeKey(std::unexpected(certificate.error()));
}

MaybeKey no_key() {
  return std::unexpected(crypto::Error{crypto::Fault::refused, "there is none"});
}

}  // namespace

bool Authenticator::signed_under(const crypto::Result<crypto::PublicKey>& key,
                                 const protocol::SignatureProof& proof) const {
  const bool its_own = fits(key, proof);
  const crypto::PublicKey& against = its_own ? *key : nobody_.key(proof.algorithm);
  const auto verified = against.verify(crypto::as_bytes(proof.signing_input), proof.signature);
  return its_own && verified;
}

Authenticator::Verdict Authenticator::verify_public_key(const Case& c,
                                                        const protocol::SignatureProof& proof) const {
  const Enrolment* enrolment = c.enrolment(ProofKind::public_key);
  const auto key = enrolment != nullptr ? crypto::PublicKey::from_spki(enrolment->material) : no_key();
  const bool matches = signed_under(key, proof);
  if (enrolment == nullptr) return c.nothing("no x5c that leads to a group");
  if (!key) return refusal({Reason::enrolled_key_not_accepted, key.error().what});
  if (!fits(key, proof)) return refusal(Reason::wrong_algorithm);
  if (!matches) return refusal(Reason::wrong_key);
  return Proven{.by_token = false, .renews = false, .key = key->fingerprint(), .symmetric = {}};
}

Authenticator::Verdict Authenticator::verify_renewal(const Case& c,
                                                     const protocol::SignatureProof& proof) const {
  const auto& presented = c.facts.presented;
  const auto key = presented ? key_of(crypto::Certificate::from_der(presented->certificate)) : no_key();
  const bool matches = signed_under(key, proof);
  if (!presented) return refusal(Reason::unknown_certificate);
  if (presented->certificate.empty()) return refusal(Reason::certificate_erased);
  if (!matches) return refusal(Reason::renewal_not_signed);
  if (!presented->renews()) return refusal({Reason::certificate_ended, presented->status});
  if (!c.facts.enrolment) return refusal(Reason::enrolment_gone);
  return Proven{.by_token = false, .renews = true, .key = {}, .symmetric = {}};
}

Authenticator::Verdict Authenticator::verify_certificate(const Case& c,
                                                         const protocol::SignatureProof& proof) const {
  const auto leaf = crypto::Certificate::from_der(proof.chain.front());
  const auto key = key_of(leaf);
  // A certificate without a signature by its key proves nothing: it is public.
  const bool matches = signed_under(key, proof);
  if (c.enrolment(ProofKind::x509) == nullptr) return c.nothing("no group of the CA that x5c leads to");
  if (!leaf) return refusal({Reason::malformed_certificate, leaf.error().what});
  if (!key) return refusal({Reason::certificate_key_not_accepted, key.error().what});
  if (!matches) return refusal(Reason::certificate_not_signed);
  if (auto why = misfit(c, *leaf, proof)) return refusal(*std::move(why));
  return Proven{.by_token = false, .renews = false, .key = key->fingerprint(), .symmetric = {}};
}

std::optional<Cause> Authenticator::misfit(const Case& c, const crypto::Certificate& leaf,
                                           const protocol::SignatureProof& proof) const {
  const Enrolment& enrolment = *c.facts.enrolment;
  if (is_of_the_service(leaf, anchors_.own())) return Reason::certificate_of_the_service;
  if (enrolment.origin == Origin::device) {
    if (!crypto::equal_constant_time(leaf.fingerprint(), enrolment.material))
      return Reason::other_certificate_enrolled;
    if (leaf.is_ca()) return Reason::certificate_is_a_ca;
    if (c.now < leaf.not_before() || c.now > leaf.not_after()) return Reason::certificate_outside_validity;
    return std::nullopt;
  }
  if (proof.group && proof.group != enrolment.group) return Reason::kid_of_another_group;
  if (auto why = misfit_of_group(c, leaf, proof)) return why;
  const auto id = crypto::identity_in(leaf, enrolment.id_from);
  if (!id) return Cause(Reason::no_id_in_certificate, id.error().what);
  if (*id != c.request.device_id.text()) return Reason::certificate_of_another_device;
  return std::nullopt;
}

std::optional<Cause> Authenticator::misfit_of_group(const Case& c, const crypto::Certificate& leaf,
                                                    const protocol::SignatureProof& proof) const {
  std::optional<Cause> why;
  const auto above = std::span(proof.chain).subspan(1);
  const Enrolment& enrolment = *c.facts.enrolment;
  for (const crypto::Bytes* ca : {&enrolment.material, &enrolment.secondary}) {
    if (ca->empty()) continue;
    const auto anchor = anchors_.anchor(*ca);
    if (!anchor) {
      if (!why) why.emplace(Reason::group_ca_not_accepted, anchor.error());
      continue;
    }
    const auto good = anchor->verify(leaf, above, c.now);
    if (good) return std::nullopt;
    if (!why) why.emplace(Reason::chain_not_accepted, good.error().what);
  }
  return why;
}

}  // namespace latchkey::service
