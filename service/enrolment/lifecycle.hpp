#pragma once

#include "protocol/status.hpp"
#include "registry/model.hpp"

#include <expected>

namespace latchkey::service {

/// What a status does to a device (docs/protocol.md, 5 and 8): the state that follows, or why it is not
/// counted.
[[nodiscard]] std::expected<registry::DeviceState, registry::Reason> next_state(
    const protocol::StatusMessage& status, const registry::StatusFacts& facts);

}  // namespace latchkey::service
