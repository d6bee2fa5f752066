#pragma once

#include "protocol/signature_proof.hpp"
#include "service/identity/registered_device.hpp"

#include <optional>
#include <vector>

namespace latchkey::service {

/// A signed `connected`, and what its proof is checked against.
struct StatusCase {
  RegisteredDevice& device;  ///< with the credential of its generation
  const protocol::SignatureProof& proof;
  const MasterKey& master;
  const std::vector<crypto::Certificate>& own;  ///< the service's certificates
};

/// Why the device did not make this proof (docs/protocol.md, 5); nothing if the proof was made with its key
/// or its credential. There are no decoys: whoever sends statuses for others sees which devices get answers.
[[nodiscard]] std::optional<registry::Cause> why_not_proven(const StatusCase& status);

}  // namespace latchkey::service
