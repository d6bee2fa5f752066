#pragma once

#include "protocol/status.hpp"
#include "service/answering/resolution.hpp"
#include "service/identity/authenticate.hpp"
#include "service/identity/proof_limits.hpp"

namespace latchkey::service {

/// Decides whether a `connected` confirms that its device holds the credential (docs/protocol.md, 5).
/// Thread-safe.
class Confirmation {
 public:
  Confirmation(const Authenticator& authenticator, ProofLimits& limits, const Destination& destination,
               const protocol::Topics& topics)
      : authenticator_(authenticator), limits_(limits), destination_(destination), topics_(topics) {}

  /// Why this device did not sign this `connected`; nothing if it did. A failed proof counts against the
  /// limits.
  [[nodiscard]] std::optional<registry::Cause> why_not_proven(RegisteredDevice& device,
                                                              const protocol::StatusProof& proof) const;
  /// True if the device was told to connect there: where it is, or where it was sent last.
  [[nodiscard]] bool was_told(const RegisteredDevice& device, const protocol::StatusProof& proof) const;

 private:
  const Authenticator& authenticator_;
  ProofLimits& limits_;
  const Destination& destination_;
  const protocol::Topics& topics_;
};

}  // namespace latchkey::service
