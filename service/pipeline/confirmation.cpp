#include "service/pipeline/confirmation.hpp"

#include <algorithm>

namespace latchkey::service {

std::optional<registry::Cause> Confirmation::why_not_proven(RegisteredDevice& device,
                                                            const protocol::StatusProof& proof) const {
  const bool is_signature = proof.signature.algorithm != crypto::Algorithm::hs256;
  const auto from = ProofLimits::Clock::now();
  if (limits_.defers(device.id, is_signature, from)) return registry::Reason::too_many_failures;
  auto why = authenticator_.why_not_proven(device, proof.signature);
  const auto to = ProofLimits::Clock::now();
  limits_.verified(device.id, is_signature, !why, to - from, to);
  return why;
}

bool Confirmation::was_told(const RegisteredDevice& device, const protocol::StatusProof& proof) const {
  return std::ranges::any_of(device.facts.endpoints, [&](const std::string& endpoint) {
    const auto told =
        connection_for(destination_, topics_, device.id, device.facts.credential->type, endpoint, {});
    return told.host == proof.host && told.port == proof.port;
  });
}

}  // namespace latchkey::service
