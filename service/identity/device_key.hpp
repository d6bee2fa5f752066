#pragma once

#include "registry/model.hpp"
#include "service/keys/master_key.hpp"

#include <string>

namespace latchkey::service {

/// A device's symmetric key K and what is told of it.
struct DeviceKey {
  crypto::Secret key;
  registry::KeyId id{};
};

/// K (docs/protocol.md, 2): the device's own, or derived from one of its group's. `material` is the sealed
/// one of the enrolment's, the first or the secondary.
[[nodiscard]] crypto::Result<DeviceKey> device_key(const MasterKey& master,
                                                   const registry::Enrolment& enrolment,
                                                   const crypto::Bytes& material,
                                                   const protocol::DeviceId& id);

/// Under which name a key is sealed for the registry: MasterKey::seal's purpose.
[[nodiscard]] std::string sealing_purpose(registry::Origin origin, std::string_view name);

}  // namespace latchkey::service
