#pragma once

#include "service/config/config.hpp"
#include "service/observability/log.hpp"

namespace latchkey::service {

/// Serves until SIGTERM or SIGINT. Returns the exit code of the program.
[[nodiscard]] int serve(const Config& config, Log& log);

}  // namespace latchkey::service
