#include "service/identity/authenticate_case.hpp"
#include "service/pki.hpp"

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
  if (!key) return std::unexpected("the enrolled public key is none that is accepted");
  if (!fits(key, proof)) return std::unexpected("another algorithm than the enrolled key's");
  if (!matches) return std::unexpected("wrong key");
  return Proven{.by_token = false, .renews = false, .key = key->fingerprint(), .symmetric = {}};
}

Authenticator::Verdict Authenticator::verify_renewal(const Case& c,
                                                     const protocol::SignatureProof& proof) const {
  const auto& presented = c.facts.presented;
  const auto key = presented ? key_of(crypto::Certificate::from_der(presented->certificate)) : no_key();
  const bool matches = signed_under(key, proof);
  if (!presented) return std::unexpected("x5t#S256 names no certificate of this device");
  if (!matches) return std::unexpected("not signed under the certificate in x5t#S256");
  if (!presented->renews()) return std::unexpected("the certificate in x5t#S256 is " + presented->status);
  if (!c.facts.enrolment) return std::unexpected("the enrolment that registered the device is gone");
  return Proven{.by_token = false, .renews = true, .key = {}, .symmetric = {}};
}

Authenticator::Verdict Authenticator::verify_certificate(const Case& c,
                                                         const protocol::SignatureProof& proof) const {
  const auto leaf = crypto::Certificate::from_der(proof.chain.front());
  const auto key = key_of(leaf);
  // A certificate without a signature by its key proves nothing: it is public.
  const bool matches = signed_under(key, proof);
  if (c.enrolment(ProofKind::x509) == nullptr) return c.nothing("no group of the CA that x5c leads to");
  if (!leaf) return std::unexpected("x5c: the leaf is no certificate: " + leaf.error().what);
  if (!key) return std::unexpected("x5c: the leaf's key: " + key.error().what);
  if (!matches) return std::unexpected("not signed under the leaf of x5c");
  if (auto why = misfit(c, *leaf, proof)) return std::unexpected("x5c: " + *why);
  return Proven{.by_token = false, .renews = false, .key = key->fingerprint(), .symmetric = {}};
}

std::optional<std::string> Authenticator::misfit(const Case& c, const crypto::Certificate& leaf,
                                                 const protocol::SignatureProof& proof) const {
  const Enrolment& enrolment = *c.facts.enrolment;
  if (is_of_the_service(leaf, anchors_.own())) return "the leaf was issued by the service";
  if (enrolment.origin == Origin::device) {
    if (!crypto::equal_constant_time(leaf.fingerprint(), enrolment.material))
      return "another certificate than the enrolled one";
    if (leaf.is_ca()) return "the leaf is a CA";
    if (c.now < leaf.not_before() || c.now > leaf.not_after()) return "the leaf is outside its validity";
    return std::nullopt;
  }
  if (proof.group && proof.group != enrolment.group) return "kid names another group than the CA's";
  if (auto why = misfit_of_group(c, leaf, proof)) return why;
  const auto id = crypto::identity_in(leaf, enrolment.id_from);
  if (!id) return id.error().what;
  if (*id != c.request.device_id.text()) return "the leaf is of another device";
  return std::nullopt;
}

std::optional<std::string> Authenticator::misfit_of_group(const Case& c, const crypto::Certificate& leaf,
                                                          const protocol::SignatureProof& proof) const {
  std::optional<std::string> why;
  const auto above = std::span(proof.chain).subspan(1);
  const Enrolment& enrolment = *c.facts.enrolment;
  for (const crypto::Bytes* ca : {&enrolment.material, &enrolment.secondary}) {
    if (ca->empty()) continue;
    const auto anchor = anchors_.anchor(*ca);
    const auto good = anchor ? anchor->verify(leaf, above, c.now)
                             : crypto::Result<crypto::Certificate>(
                                   std::unexpected(crypto::Error{crypto::Fault::refused, anchor.error()}));
    if (good) return std::nullopt;
    if (!why) why = good.error().what;
  }
  return why;
}

}  // namespace latchkey::service
