#pragma once

#include "registry/registry.hpp"
#include "service/observability/log.hpp"

namespace latchkey::service {

/// Some rows were locked by somebody else: says who that may be, so that an operator can end it.
void log_lock_holders(registry::Registry& registry, Log& log);

}  // namespace latchkey::service
