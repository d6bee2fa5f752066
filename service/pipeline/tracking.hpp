#pragma once

#include "registry/model.hpp"
#include "service/pipeline/inbox.hpp"

#include <cstdint>
#include <string>

namespace latchkey::service {

/// A UUID version 7 (RFC 9562, 5.7): ordered by time, so that the ledger's index grows at one end.
[[nodiscard]] std::string new_tracking_id();

/// When a message was received, by the database's clock; its age is measured by the monotonic clock.
[[nodiscard]] registry::Clock received_at(Steady::time_point received, registry::Clock now);

}  // namespace latchkey::service
