#pragma once

#include "mqtt/link.hpp"

#include <cstddef>
#include <string>

namespace latchkey::bench {

/// Answers every request and status with `answer_bytes` bytes until SIGTERM or SIGINT: the ceiling of broker
/// and link, without the rest of the service. Prints "ready" when it is subscribed. The error says why the
/// link cannot be opened.
[[nodiscard]] std::expected<void, std::string> echo(mqtt::Options options, std::size_t answer_bytes);

}  // namespace latchkey::bench
