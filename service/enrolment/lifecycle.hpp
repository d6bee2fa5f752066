#pragma once

#include "protocol/status.hpp"
#include "registry/model.hpp"

#include <expected>

namespace latchkey::service {

/// The device's next state after a status (docs/protocol.md, 5 and 8); the error says why the status is
/// ignored.
[[nodiscard]] std::expected<registry::DeviceState, registry::Reason> next_state(
    const protocol::StatusMessage& status, const registry::StatusFacts& facts);

}  // namespace latchkey::service
