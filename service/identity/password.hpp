#pragma once

#include "protocol/device_id.hpp"
#include "registry/model.hpp"
#include "service/keys/master_key.hpp"

#include <optional>
#include <string>

namespace latchkey::service {

/// The password: base64url of 24 bytes of HKDF-SHA256 (docs/protocol.md, 4). Nothing if its master key is
/// gone.
[[nodiscard]] std::optional<crypto::Secret> password_of(const MasterKey& master,
                                                        const registry::KeyId& master_key,
                                                        crypto::ByteView salt, const protocol::DeviceId& id,
                                                        std::int64_t generation);
/// `{device_id}@{generation}`: cannot be a device id, and differs for the two generations of a rotation.
[[nodiscard]] std::string username_of(const protocol::DeviceId& id, std::int64_t generation);

}  // namespace latchkey::service
