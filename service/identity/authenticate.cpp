#include "service/identity/authenticate.hpp"

#include "service/identity/proofs/status_proof.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

using registry::Cause;
using registry::Reason;

/// Why another enrolment owns the device: it belongs to the enrolment, and the public key if that was the
/// proof, that registered it, until an operator resets it. A renewal needs no key check: its certificate was
/// issued to the device.
std::optional<Cause> belongs_elsewhere(const std::optional<registry::Device>& device,
                                       const registry::Enrolment& enrolment,
                                       const std::optional<crypto::Sha256Digest>& key, bool renews) {
  if (auto other = registered_elsewhere(device, enrolment))
    return Cause(Reason::registered_by_another_enrolment, *std::move(other));
  const bool registered = device && !device->enrolled_by.empty();
  if (registered && !renews && device->proof_key != key) return Reason::registered_by_another_key;
  return std::nullopt;
}

/// Nothing: it is derived from none of these keys.
std::optional<protocol::SealingKey> sealing_key(const registry::SealedUnder& under,
                                                const std::vector<DeviceKey>& keys) {
  if (const auto* recipient = std::get_if<protocol::EncryptionKey>(&under)) return *recipient;
  const auto key = std::ranges::find(keys, std::get<registry::KeyId>(under), &DeviceKey::id);
  if (key == keys.end()) return std::nullopt;
  return protocol::sealing_key(key->key.view());
}

}  // namespace

std::optional<std::string> registered_elsewhere(const std::optional<registry::Device>& device,
                                                const registry::Enrolment& enrolment) {
  if (!device || device->enrolled_by.empty()) return std::nullopt;
  if (device->enrolled_by != enrolment.name()) return device->enrolled_by;
  return std::nullopt;
}

registry::Cause why_disabled(const registry::Enrolment& enrolment) {
  if (enrolment.origin == registry::Origin::device) return Reason::enrolment_disabled;
  if (!enrolment.policy.is_listed) return Reason::group_disabled;
  return {Reason::group_disabled, "or its place on the allow list"};
}

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

VerifiedRequest::VerifiedRequest(const protocol::Request& request, const registry::Enrolment& enrolment,
                                 Proven proven, const crypto::Identity& service)
    : request_(&request), enrolment_(&enrolment), proven_(std::move(proven)), signer_(&service) {
  if (const auto& own = request.encryption_key) {
    sealed_under_ = *own;
    sealing_key_ = *own;
  }
  if (!proven_.symmetric) return;
  signer_ = protocol::answer_key(proven_.symmetric->key.view());
  answer_key_ = proven_.symmetric->id;
  if (sealing_key_) return;
  sealed_under_ = proven_.symmetric->id;
  sealing_key_ = protocol::sealing_key(proven_.symmetric->key.view());
}

registry::SignedBy VerifiedRequest::signed_by() const noexcept {
  return answer_key_ ? registry::SignedBy::device_key : registry::SignedBy::service;
}

Authenticator::Authenticator(const MasterKey& master, const crypto::Identity& service,
                             std::vector<crypto::Certificate> own)
    : master_(master), service_(service), decoys_(master), anchors_(std::move(own)) {}

std::expected<VerifiedRequest, Rejection> Authenticator::authenticate(
    const protocol::ReceivedRequest& received, const registry::RequestFacts& facts, crypto::Time now) const {
  const auto refuse = [](Cause cause) {
    return std::unexpected(Rejection{protocol::Code::unauthorized, std::move(cause)});
  };
  auto proven = verify({received.request, facts, now, master_, decoys_, anchors_}, received.proof);
  if (!proven) return refuse(std::move(proven.error()));
  // Checked after the proof, so that refusing a disabled enrolment takes as long as refusing a wrong key.
  const registry::Enrolment& enrolment = *facts.enrolment;
  if (!enrolment.enabled) return refuse(why_disabled(enrolment));
  if (auto elsewhere = belongs_elsewhere(facts.device, enrolment, proven->key, proven->renews))
    return refuse(std::move(*elsewhere));
  VerifiedRequest verified(received.request, enrolment, std::move(*proven), service_);
  if (verified.renews() && !verified.sealed_under_) {
    verified.sealed_under_ = facts.presented->sealed_under;
    if (verified.sealed_under_)
      verified.sealing_key_ = sealing_key(
          *verified.sealed_under_, open_symmetric_keys(master_, enrolment, received.request.device_id));
  }
  return verified;
}

std::optional<Cause> Authenticator::why_not_proven(RegisteredDevice& device,
                                                   const protocol::SignatureProof& proof) const {
  return service::why_not_proven({device, proof, master_, anchors_.own()});
}

std::optional<protocol::Signer> Authenticator::signer_for(RegisteredDevice& device) const {
  const auto& credential = device.facts.credential;
  if (!credential) return std::nullopt;
  if (credential->signed_by == registry::SignedBy::service) return &service_;
  if (!credential->answer_key) return std::nullopt;
  const auto& keys = symmetric_keys_of(device, master_);
  const auto key = std::ranges::find(keys, *credential->answer_key, &DeviceKey::id);
  if (key == keys.end()) return std::nullopt;
  return protocol::answer_key(key->key.view());
}

std::optional<protocol::SealingKey> Authenticator::sealing_key_for(RegisteredDevice& device) const {
  const auto& credential = device.facts.credential;
  if (!credential || !device.facts.enrolment || !credential->sealed_under) return std::nullopt;
  return sealing_key(*credential->sealed_under, symmetric_keys_of(device, master_));
}

}  // namespace latchkey::service
