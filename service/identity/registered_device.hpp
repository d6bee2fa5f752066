#pragma once

#include "protocol/device_id.hpp"
#include "registry/model.hpp"
#include "service/identity/proofs/symmetric_key.hpp"

#include <optional>
#include <vector>

namespace latchkey::service {

/// A device that sends statuses and is sent configurations, as the registry knows it.
struct RegisteredDevice {
  const protocol::DeviceId& id;
  registry::StatusFacts& facts;
  /// Nothing before the first call of `symmetric_keys_of`.
  std::optional<std::vector<DeviceKey>> symmetric_keys = std::nullopt;
};

/// The device's symmetric keys. The first call opens them and keeps them: a status needs them for its proof,
/// for the signature of the answer and for sealing it.
[[nodiscard]] const std::vector<DeviceKey>& symmetric_keys_of(RegisteredDevice& device,
                                                              const MasterKey& master);

}  // namespace latchkey::service
