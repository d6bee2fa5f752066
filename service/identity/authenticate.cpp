#include "service/identity/authenticate.hpp"

namespace latchkey::service {
namespace {

using Verdict = std::expected<VerifiedRequest, std::string>;

constexpr std::string_view nobody = "nobody";

bool is_hs256(const protocol::SignatureProof& proof) {
  return proof.algorithm == crypto::Algorithm::hs256 && proof.chain.empty() && !proof.current_certificate;
}

bool mac_matches(const protocol::SignatureProof& proof, crypto::ByteView key) {
  const auto mac = crypto::hmac_sha256(key, crypto::as_bytes(proof.signing_input));
  return crypto::equal_constant_time(mac, proof.signature);
}

std::string nobody_for(const protocol::Proof& proof) {
  const auto* signature = std::get_if<protocol::SignatureProof>(&proof);
  if (signature == nullptr) return "no enrolment for this id, and no group with this token";
  if (signature->group) return "no enrolment for this id, and no group of the name in kid";
  return "no enrolment for this id, and no kid that names a group";
}

/// A registered device belongs to the enrolment that registered it, until an operator resets it.
bool belongs_elsewhere(const std::optional<registry::Device>& device, const registry::Enrolment& enrolment) {
  return device && !device->enrolled_by.empty() && device->enrolled_by != enrolment.name();
}

}  // namespace

std::string sealing_purpose(registry::Origin origin, std::string_view name) {
  return (origin == registry::Origin::group ? "group:" : "device:") + std::string(name);
}

registry::SignedBy VerifiedRequest::signed_by() const noexcept {
  return std::holds_alternative<crypto::Secret>(signer_) ? registry::SignedBy::device_key
                                                         : registry::SignedBy::service;
}

Authenticator::Authenticator(const MasterKey& master, const crypto::Identity& service)
    : master_(master), service_(service) {
  nobody_.origin = registry::Origin::group;
  nobody_.group = std::string(nobody);
  nobody_.proof = registry::ProofKind::symmetric_key;
  nobody_.material = master.seal(sealing_purpose(nobody_.origin, nobody), master.derive("nobody v1").view());
}

crypto::Result<crypto::Secret> Authenticator::symmetric_key(const registry::Enrolment& enrolment,
                                                            const protocol::DeviceId& id) const {
  const bool own = enrolment.origin == registry::Origin::device;
  auto key = master_.open(sealing_purpose(enrolment.origin, own ? id.text() : enrolment.group.value_or("")),
                          enrolment.material);
  if (!key || own) return key;
  return protocol::device_key(key->view(), id.text());
}

Verdict Authenticator::verify(const protocol::ReceivedRequest& received,
                              const registry::Enrolment* enrolment) const {
  const protocol::Request& request = received.request;
  if (const auto* token = std::get_if<protocol::TokenProof>(&received.proof)) {
    const crypto::Bytes& expected = enrolment != nullptr ? enrolment->material : nobody_.material;
    const bool matches = crypto::equal_constant_time(token->token_hash, expected);
    if (enrolment == nullptr) return std::unexpected(nobody_for(received.proof));
    if (enrolment->proof != registry::ProofKind::token)
      return std::unexpected("a token, and this enrolment has none");
    if (!matches) return std::unexpected("wrong token");
    return VerifiedRequest(request, *enrolment, true, &service_);
  }
  const auto& proof = std::get<protocol::SignatureProof>(received.proof);
  const bool symmetric = enrolment != nullptr && enrolment->proof == registry::ProofKind::symmetric_key;
  const auto key = symmetric_key(symmetric ? *enrolment : nobody_, request.device_id);
  const bool matches = key && mac_matches(proof, key->view());
  if (enrolment == nullptr) return std::unexpected(nobody_for(received.proof));
  if (!symmetric || !is_hs256(proof)) return std::unexpected("a proof of another kind than this enrolment's");
  if (!key) return std::unexpected("the enrolled key does not open under this master key");
  if (!matches) return std::unexpected("wrong key");
  return VerifiedRequest(request, *enrolment, false, protocol::answer_key(key->view()));
}

std::expected<VerifiedRequest, Rejection> Authenticator::authenticate(
    const protocol::ReceivedRequest& received, const registry::RequestFacts& facts) const {
  const auto refuse = [](std::string reason) {
    return std::unexpected(Rejection{protocol::Code::unauthorized, std::move(reason)});
  };
  const registry::Enrolment* enrolment = facts.enrolment ? &*facts.enrolment : nullptr;
  auto verified = verify(received, enrolment);
  if (!verified) return refuse(std::move(verified.error()));
  // After the proof, so that a disabled enrolment takes as long to refuse as a wrong key.
  if (!enrolment->enabled) return refuse("the enrolment is disabled");
  if (belongs_elsewhere(facts.device, *enrolment))
    return refuse("registered by another enrolment: " + facts.device->enrolled_by);
  return std::move(*verified);
}

std::optional<protocol::Signer> Authenticator::signer_for(const protocol::DeviceId& id,
                                                          const registry::StatusFacts& facts) const {
  if (!facts.credential) return std::nullopt;
  if (facts.credential->signed_by == registry::SignedBy::service) return &service_;
  if (!facts.enrolment || facts.enrolment->proof != registry::ProofKind::symmetric_key) return std::nullopt;
  const auto key = symmetric_key(*facts.enrolment, id);
  if (!key) return std::nullopt;
  return protocol::answer_key(key->view());
}

}  // namespace latchkey::service
