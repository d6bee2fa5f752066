#pragma once

#include <chrono>
#include <string>

namespace latchkey::service {

using Milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

/// The system clock's time.
[[nodiscard]] std::chrono::sys_seconds current_time();

/// "2026-01-31T12:00:00.000Z".
[[nodiscard]] std::string format_rfc3339(Milliseconds time);

}  // namespace latchkey::service
