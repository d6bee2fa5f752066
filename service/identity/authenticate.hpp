#pragma once

#include "protocol/code.hpp"
#include "protocol/request.hpp"
#include "protocol/signer.hpp"
#include "registry/model.hpp"
#include "service/sealing.hpp"

#include <expected>
#include <string>

namespace latchkey::service {

/// Why a request gets nothing: the code for the device, the true reason for the ledger.
struct Rejection {
  protocol::Code code;
  std::string reason;
};

/// A request whose proof verified under an enabled enrolment that may speak for this device. `authenticate`
/// alone makes one, so that what needs a verified request cannot be handed another.
class VerifiedRequest {
 public:
  [[nodiscard]] const protocol::Request& request() const noexcept { return *request_; }
  [[nodiscard]] const registry::Enrolment& enrolment() const noexcept { return *enrolment_; }
  [[nodiscard]] bool by_token() const noexcept { return by_token_; }
  /// With what everything said to this device from here on is signed.
  [[nodiscard]] const protocol::Signer& signer() const noexcept { return signer_; }
  [[nodiscard]] registry::SignedBy signed_by() const noexcept;

 private:
  friend class Authenticator;
  VerifiedRequest(const protocol::Request& request, const registry::Enrolment& enrolment, bool by_token,
                  protocol::Signer signer)
      : request_(&request), enrolment_(&enrolment), by_token_(by_token), signer_(std::move(signer)) {}

  const protocol::Request* request_;
  const registry::Enrolment* enrolment_;
  bool by_token_;
  protocol::Signer signer_;
};

/// Checks who a device is (docs/protocol.md, 2). Pure: what it needs to know is in its arguments.
class Authenticator {
 public:
  /// `master` opens the sealed keys; `service` signs for devices without a symmetric key. Both outlive this.
  Authenticator(const MasterKey& master, const crypto::Identity& service);

  /// Every failure is `unauthorized` to the device and costs about the same; the reason is the ledger's. The
  /// arguments outlive the result.
  [[nodiscard]] std::expected<VerifiedRequest, Rejection> authenticate(
      const protocol::ReceivedRequest& received, const registry::RequestFacts& facts) const;

  /// How a configuration for this device is signed (docs/protocol.md, 6); nothing if its credential or
  /// its enrolment is gone.
  [[nodiscard]] std::optional<protocol::Signer> signer_for(const protocol::DeviceId& id,
                                                           const registry::StatusFacts& facts) const;

 private:
  /// The device's key K: its own, or derived from its group's.
  [[nodiscard]] crypto::Result<crypto::Secret> symmetric_key(const registry::Enrolment& enrolment,
                                                             const protocol::DeviceId& id) const;
  [[nodiscard]] std::expected<VerifiedRequest, std::string> verify(
      const protocol::ReceivedRequest& received, const registry::Enrolment* enrolment) const;

  const MasterKey& master_;
  const crypto::Identity& service_;
  registry::Enrolment nobody_;  ///< what an unknown id is checked against, so that it costs the same work
};

/// Under which name a key is sealed for the registry: MasterKey::seal's purpose.
[[nodiscard]] std::string sealing_purpose(registry::Origin origin, std::string_view name);

}  // namespace latchkey::service
