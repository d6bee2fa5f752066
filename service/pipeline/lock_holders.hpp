#pragma once

#include "registry/registry.hpp"
#include "service/observability/log.hpp"

namespace latchkey::service {

/// Logs the sessions that may hold the locks of busy rows, so that an operator can end them.
void log_lock_holders(registry::Registry& registry, Log& log);

}  // namespace latchkey::service
