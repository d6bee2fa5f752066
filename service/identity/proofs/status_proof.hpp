#pragma once

#include "protocol/device_id.hpp"
#include "protocol/signature_proof.hpp"
#include "registry/model.hpp"
#include "service/keys/master_key.hpp"

#include <optional>
#include <vector>

namespace latchkey::service {

/// A signed `connected`, and what its proof is checked against.
struct StatusCase {
  const protocol::DeviceId& device_id;
  const protocol::SignatureProof& proof;
  const registry::StatusFacts& facts;  ///< with the credential of its generation
  const MasterKey& master;
  const std::vector<crypto::Certificate>& own;  ///< the service's certificates
};

/// Why the proof is none (docs/protocol.md, 5); nothing: who made it has the device's key, or the credential.
/// Checks nothing against a decoy: who sends statuses for others also sees which devices are answered.
[[nodiscard]] std::optional<registry::Cause> why_not_proven(const StatusCase& status);

}  // namespace latchkey::service
