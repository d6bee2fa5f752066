#pragma once

#include "registry/model.hpp"
#include "service/keys/master_key.hpp"

#include <string>
#include <vector>

namespace latchkey::service {

/// A device's symmetric key and its id.
struct DeviceKey {
  crypto::Secret key;
  registry::KeyId id{};
};

/// The device's symmetric key (docs/protocol.md, 2): its own, or derived from the group's. `material` is the
/// enrolment's sealed key, the primary or the secondary one.
[[nodiscard]] crypto::Result<DeviceKey> device_key(const MasterKey& master,
                                                   const registry::Enrolment& enrolment,
                                                   const crypto::Bytes& material,
                                                   const protocol::DeviceId& id);

/// Those of the enrolment's keys that open, the primary one first; none if it is by another proof.
[[nodiscard]] std::vector<DeviceKey> open_symmetric_keys(const MasterKey& master,
                                                         const registry::Enrolment& enrolment,
                                                         const protocol::DeviceId& id);

/// The purpose for MasterKey::seal of an enrolment's key.
[[nodiscard]] std::string sealing_purpose(registry::Origin origin, std::string_view name);

}  // namespace latchkey::service
