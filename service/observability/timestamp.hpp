#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::service {

using Milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

/// A date-time of RFC 3339, 5.6 ("2026-01-31T12:00:00Z", "...T12:00:00.5+01:00"), in whole seconds; nothing
/// if it is none, or names a day that there is not.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_rfc3339(std::string_view text);

/// By the system's clock.
[[nodiscard]] std::chrono::sys_seconds current_time();

/// "2026-01-31T12:00:00.000Z".
[[nodiscard]] std::string format_rfc3339(Milliseconds time);

}  // namespace latchkey::service
