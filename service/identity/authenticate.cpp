#include "service/identity/authenticate.hpp"

#include "service/identity/authenticate_case.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

constexpr std::string_view key_id_label = "provisioning-key-id v1";

bool mac_matches(const protocol::SignatureProof& proof, crypto::ByteView key) {
  const auto mac = crypto::hmac_sha256(key, crypto::as_bytes(proof.signing_input));
  return crypto::equal_constant_time(mac, proof.signature);
}

/// A registered device belongs to the enrolment, and where a public key was the proof to that key, that
/// registered it, until an operator resets it. Its own certificate was issued to it, so a renewal has no key.
std::optional<Cause> belongs_elsewhere(const std::optional<registry::Device>& device,
                                       const registry::Enrolment& enrolment,
                                       const std::optional<crypto::Sha256Digest>& key, bool renews) {
  if (auto other = registered_elsewhere(device, enrolment))
    return Cause(Reason::registered_by_another_enrolment, *std::move(other));
  const bool registered = device && !device->enrolled_by.empty();
  if (registered && !renews && device->proof_key != key) return Reason::registered_by_another_key;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> registered_elsewhere(const std::optional<registry::Device>& device,
                                                const registry::Enrolment& enrolment) {
  if (!device || device->enrolled_by.empty()) return std::nullopt;
  if (device->enrolled_by != enrolment.name()) return device->enrolled_by;
  return std::nullopt;
}

Cause why_disabled(const registry::Enrolment& enrolment) {
  if (enrolment.origin == registry::Origin::device) return Reason::enrolment_disabled;
  if (!enrolment.policy.is_listed) return Reason::group_disabled;
  return {Reason::group_disabled, "or its place on the allow list"};
}

std::string sealing_purpose(registry::Origin origin, std::string_view name) {
  return (origin == registry::Origin::group ? "group:" : "device:") + std::string(name);
}

VerifiedRequest::VerifiedRequest(const protocol::Request& request, const registry::Enrolment& enrolment,
                                 Proven proven, const crypto::Identity& service)
    : request_(&request), enrolment_(&enrolment), proven_(std::move(proven)), signer_(&service) {
  if (!proven_.symmetric) return;
  signer_ = protocol::answer_key(proven_.symmetric->key.view());
  sealing_key_ = protocol::sealing_key(proven_.symmetric->key.view());
  answer_key_ = proven_.symmetric->id;
}

registry::SignedBy VerifiedRequest::signed_by() const noexcept {
  return answer_key_ ? registry::SignedBy::device_key : registry::SignedBy::service;
}

Authenticator::Authenticator(const MasterKey& master, const crypto::Identity& service,
                             std::vector<crypto::Certificate> own)
    : master_(master), service_(service), nobody_(master), anchors_(std::move(own)) {}

crypto::Result<DeviceKey> Authenticator::device_key(const registry::Enrolment& enrolment,
                                                    const crypto::Bytes& material,
                                                    const protocol::DeviceId& id) const {
  const bool own = enrolment.origin == registry::Origin::device;
  auto key = master_.open(sealing_purpose(enrolment.origin, own ? id.text() : enrolment.group.value_or("")),
                          material);
  if (!key) return std::unexpected(std::move(key.error()));
  DeviceKey made{own ? std::move(*key) : protocol::device_key(key->view(), id.text())};
  const auto shown = crypto::derive_key(made.key.view(), key_id_label);
  std::ranges::copy(shown.view().first(made.id.size()), made.id.begin());
  return made;
}

Authenticator::Verdict Authenticator::verify_token(const Case& c, const protocol::TokenProof& proof) const {
  const registry::Enrolment* enrolment = c.enrolment(registry::ProofKind::token);
  const bool matches =
      crypto::equal_constant_time(proof.token_hash, (enrolment ? *enrolment : nobody_.symmetric()).material);
  if (enrolment == nullptr) return c.nothing("no group with this token");
  if (!matches) return refusal(Reason::wrong_token);
  return Proven{.by_token = true, .renews = false, .key = {}, .symmetric = {}};
}

Authenticator::Verdict Authenticator::verify_mac(const Case& c, const protocol::SignatureProof& proof) const {
  const bool plain = proof.chain.empty() && !proof.current_certificate;
  const registry::Enrolment* enrolment = plain ? c.enrolment(registry::ProofKind::symmetric_key) : nullptr;
  const registry::Enrolment& against = enrolment != nullptr ? *enrolment : nobody_.symmetric();
  auto key = device_key(against, against.material, c.request.device_id);
  bool all_opened = key.has_value();
  bool matches = key && mac_matches(proof, key->key.view());
  if (!matches && enrolment != nullptr && !enrolment->secondary.empty()) {
    key = device_key(*enrolment, enrolment->secondary, c.request.device_id);
    all_opened = all_opened && key;
    matches = key && mac_matches(proof, key->key.view());
  }
  if (enrolment == nullptr)
    return c.nothing(proof.group ? "no group of the name in kid" : "no kid that names a group");
  if (!matches) return refusal(all_opened ? Reason::wrong_key : Reason::enrolled_key_not_opened);
  return Proven{.by_token = false, .renews = false, .key = {}, .symmetric = std::move(*key)};
}

Authenticator::Verdict Authenticator::verify(const Case& c, const protocol::Proof& proof) const {
  if (const auto* token = std::get_if<protocol::TokenProof>(&proof)) return verify_token(c, *token);
  const auto& signature = std::get<protocol::SignatureProof>(proof);
  // RFC 8725, 3.1: what is enrolled decides how it is checked; the header chooses only which kind to look
  // for.
  if (signature.algorithm == crypto::Algorithm::hs256) return verify_mac(c, signature);
  if (signature.current_certificate) return verify_renewal(c, signature);
  if (!signature.chain.empty()) return verify_certificate(c, signature);
  return verify_public_key(c, signature);
}

std::expected<VerifiedRequest, Rejection> Authenticator::authenticate(
    const protocol::ReceivedRequest& received, const registry::RequestFacts& facts, crypto::Time now) const {
  const auto refuse = [](Cause cause) {
    return std::unexpected(Rejection{protocol::Code::unauthorized, std::move(cause)});
  };
  auto proven = verify({received.request, facts, now}, received.proof);
  if (!proven) return refuse(std::move(proven.error()));
  // After the proof, so that a disabled enrolment takes as long to refuse as a wrong key.
  const registry::Enrolment& enrolment = *facts.enrolment;
  if (!enrolment.enabled) return refuse(why_disabled(enrolment));
  if (auto elsewhere = belongs_elsewhere(facts.device, enrolment, proven->key, proven->renews))
    return refuse(std::move(*elsewhere));
  return VerifiedRequest(received.request, enrolment, std::move(*proven), service_);
}

std::optional<DeviceKey> Authenticator::key_for(const protocol::DeviceId& id,
                                                const registry::StatusFacts& facts) const {
  if (!facts.credential || !facts.credential->answer_key || !facts.enrolment) return std::nullopt;
  const registry::Enrolment& enrolment = *facts.enrolment;
  if (enrolment.proof != registry::ProofKind::symmetric_key) return std::nullopt;
  for (const crypto::Bytes* material : {&enrolment.material, &enrolment.secondary}) {
    if (material->empty()) continue;
    auto key = device_key(enrolment, *material, id);
    if (key && key->id == *facts.credential->answer_key) return std::move(*key);
  }
  return std::nullopt;
}

std::optional<protocol::Signer> Authenticator::signer_for(const protocol::DeviceId& id,
                                                          const registry::StatusFacts& facts) const {
  if (!facts.credential) return std::nullopt;
  if (facts.credential->signed_by == registry::SignedBy::service) return &service_;
  const auto key = key_for(id, facts);
  if (!key) return std::nullopt;
  return protocol::answer_key(key->key.view());
}

std::optional<crypto::Secret> Authenticator::sealing_key_for(const protocol::DeviceId& id,
                                                             const registry::StatusFacts& facts) const {
  const auto key = key_for(id, facts);
  if (!key) return std::nullopt;
  return protocol::sealing_key(key->key.view());
}

}  // namespace latchkey::service
