#pragma once

#include "registry/model.hpp"
#include "service/pipeline/inbox.hpp"

#include <cstdint>
#include <string>

namespace latchkey::service {

/// A UUID version 7 (RFC 9562, 5.7): in the order of time, so that the ledger's index grows at one end.
[[nodiscard]] std::string new_tracking_id();

/// When a message came in, by the database's clock: the age is measured on the monotonic one.
[[nodiscard]] registry::Clock received_at(Steady::time_point received, registry::Clock now);

}  // namespace latchkey::service
