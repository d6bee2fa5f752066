#pragma once

#include "service/config/config.hpp"
#include "service/observability/log.hpp"

namespace latchkey::service {

/// Runs the service until SIGTERM or SIGINT. Returns the program's exit code.
[[nodiscard]] int serve(const Config& config, Log& log);

}  // namespace latchkey::service
