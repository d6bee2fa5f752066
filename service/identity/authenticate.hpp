#pragma once

#include "protocol/request.hpp"
#include "protocol/signer.hpp"
#include "registry/model.hpp"
#include "service/identity/proofs/proof.hpp"
#include "service/identity/rejection.hpp"

#include <expected>
#include <string>

namespace latchkey::service {

/// A request whose proof verified under an enabled enrolment that may speak for this device. `authenticate`
/// alone makes one, so that what needs a verified request cannot be handed another.
class VerifiedRequest {
 public:
  [[nodiscard]] const protocol::Request& request() const noexcept { return *request_; }
  [[nodiscard]] const registry::Enrolment& enrolment() const noexcept { return *enrolment_; }
  [[nodiscard]] bool by_token() const noexcept { return proven_.by_token; }
  /// Proven by the device's current certificate.
  [[nodiscard]] bool renews() const noexcept { return proven_.renews; }
  /// SHA-256 of the public key that an enrolment by public key or X.509 was proven with.
  [[nodiscard]] const std::optional<crypto::Sha256Digest>& proof_key() const noexcept { return proven_.key; }
  /// With what everything said to this device from here on is signed.
  [[nodiscard]] const protocol::Signer& signer() const noexcept { return signer_; }
  [[nodiscard]] registry::SignedBy signed_by() const noexcept;
  /// With a symmetric proof: which key that was, and the one that secrets are encrypted with.
  [[nodiscard]] const std::optional<registry::KeyId>& answer_key() const noexcept { return answer_key_; }
  [[nodiscard]] const crypto::Secret* sealing_key() const noexcept {
    return answer_key_ ? &sealing_key_ : nullptr;
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
  crypto::Secret sealing_key_;
};

/// Checks who a device is (docs/protocol.md, 2). Pure: what it needs to know is in its arguments.
class Authenticator {
 public:
  /// `master` opens the sealed keys; `service` signs for devices without a symmetric key; both outlive this.
  /// `own` are the service's CAs and anchors.
  Authenticator(const MasterKey& master, const crypto::Identity& service,
                std::vector<crypto::Certificate> own);

  /// Every failure is `unauthorized` to the device and costs about the same; the reason is the ledger's. The
  /// arguments outlive the result. `now` is the database's.
  [[nodiscard]] std::expected<VerifiedRequest, Rejection> authenticate(
      const protocol::ReceivedRequest& received, const registry::RequestFacts& facts, crypto::Time now) const;

  /// How a configuration for this device is signed (docs/protocol.md, 6); nothing if its credential or
  /// its enrolment is gone.
  [[nodiscard]] std::optional<protocol::Signer> signer_for(const protocol::DeviceId& id,
                                                           const registry::StatusFacts& facts) const;
  /// The key that its secrets are encrypted with if it gave none; nothing unless its proof is symmetric.
  [[nodiscard]] std::optional<crypto::Secret> sealing_key_for(const protocol::DeviceId& id,
                                                              const registry::StatusFacts& facts) const;

 private:
  /// K of a registered device, if its proof is symmetric and the key is still enrolled.
  [[nodiscard]] std::optional<DeviceKey> key_for(const protocol::DeviceId& id,
                                                 const registry::StatusFacts& facts) const;

  const MasterKey& master_;
  const crypto::Identity& service_;
  const DecoyKeys decoys_;
  mutable GroupAnchors anchors_;
};

/// Which other enrolment registered the device; nothing if it was this one, or none did since the last reset.
[[nodiscard]] std::optional<std::string> registered_elsewhere(const std::optional<registry::Device>& device,
                                                              const registry::Enrolment& enrolment);

/// Why a disabled enrolment is none, as far as can be told: a device on an allow list has two to be enabled.
[[nodiscard]] registry::Cause why_disabled(const registry::Enrolment& enrolment);

}  // namespace latchkey::service
