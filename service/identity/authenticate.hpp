#pragma once

#include "protocol/request.hpp"
#include "protocol/sealed.hpp"
#include "protocol/signer.hpp"
#include "registry/model.hpp"
#include "service/identity/proofs/proof.hpp"
#include "service/identity/registered_device.hpp"
#include "service/identity/rejection.hpp"

#include <expected>
#include <string>

namespace latchkey::service {

/// A request whose proof verified under an enabled enrolment of this device. Only
/// `Authenticator::authenticate` makes one, so the type system keeps unverified requests out.
class VerifiedRequest {
 public:
  [[nodiscard]] const protocol::Request& request() const noexcept { return *request_; }
  [[nodiscard]] const registry::Enrolment& enrolment() const noexcept { return *enrolment_; }
  [[nodiscard]] bool by_token() const noexcept { return proven_.by_token; }
  /// Whether the broker could not have edited the request's attributes, or the group trusts it with them.
  [[nodiscard]] bool proves_attributes() const noexcept {
    return !proven_.by_token || enrolment_->policy.trusts_token_attributes;
  }
  /// True if the proof is the device's current certificate.
  [[nodiscard]] bool renews() const noexcept { return proven_.renews; }
  /// SHA-256 of the public key of the proof, for enrolments by public key or X.509.
  [[nodiscard]] const std::optional<crypto::Sha256Digest>& proof_key() const noexcept { return proven_.key; }
  /// The signer of the answer and of later configurations.
  [[nodiscard]] const protocol::Signer& signer() const noexcept { return signer_; }
  [[nodiscard]] registry::SignedBy signed_by() const noexcept;
  /// For a symmetric proof: the key's id.
  [[nodiscard]] const std::optional<registry::KeyId>& answer_key() const noexcept { return answer_key_; }
  /// What secrets for this device are sealed under; nothing: it gave no key, and the one that its credential
  /// was bound to is enrolled no more.
  [[nodiscard]] const std::optional<protocol::SealingKey>& sealing_key() const noexcept {
    return sealing_key_;
  }
  /// The same for the registry. It names a key that is enrolled no more, too.
  [[nodiscard]] const std::optional<registry::SealedUnder>& sealed_under() const noexcept {
    return sealed_under_;
  }

 private:
  friend class Authenticator;
  VerifiedRequest(const protocol::Request& request, const registry::Enrolment& enrolment, Proven proven,
                  const crypto::Identity& service);

  const protocol::Request* request_;
  const registry::Enrolment* enrolment_;
  Proven proven_;
  protocol::Signer signer_;
  std::optional<registry::KeyId> answer_key_;
  std::optional<registry::SealedUnder> sealed_under_;
  std::optional<protocol::SealingKey> sealing_key_;
};

/// Authenticates devices (docs/protocol.md, 2). Pure: uses only its arguments.
class Authenticator {
 public:
  /// `master` opens sealed keys; `service` signs for devices without a symmetric key; both must outlive this.
  /// `own` are the service's CAs and anchors.
  Authenticator(const MasterKey& master, const crypto::Identity& service,
                std::vector<crypto::Certificate> own);

  /// For the device every failure is `unauthorized` and takes about the same time; the real cause is for the
  /// ledger. The arguments must outlive the result. `now` is the database's time.
  [[nodiscard]] std::expected<VerifiedRequest, Rejection> authenticate(
      const protocol::ReceivedRequest& received, const registry::RequestFacts& facts, crypto::Time now) const;

  /// Why this device did not sign this `connected` (docs/protocol.md, 5); nothing if it did. The generation
  /// must be live.
  [[nodiscard]] std::optional<registry::Cause> why_not_proven(RegisteredDevice& device,
                                                              const protocol::SignatureProof& proof) const;

  /// The signer of configurations for this device (docs/protocol.md, 6); nothing if its credential or
  /// enrolment is gone.
  [[nodiscard]] std::optional<protocol::Signer> signer_for(RegisteredDevice& device) const;
  /// What its configurations are sealed under; nothing if the device could open none.
  [[nodiscard]] std::optional<protocol::SealingKey> sealing_key_for(RegisteredDevice& device) const;

 private:
  const MasterKey& master_;
  const crypto::Identity& service_;
  const DecoyKeys decoys_;
  mutable GroupAnchors anchors_;
};

/// The other enrolment that registered the device; nothing if this one did, or none since the last reset.
[[nodiscard]] std::optional<std::string> registered_elsewhere(const std::optional<registry::Device>& device,
                                                              const registry::Enrolment& enrolment);

/// The cause for refusing a disabled enrolment. A device on an allow list has two enrolments that may be
/// disabled.
[[nodiscard]] registry::Cause why_disabled(const registry::Enrolment& enrolment);

}  // namespace latchkey::service
