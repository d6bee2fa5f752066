#pragma once

#include "mqtt/link.hpp"

#include <cstddef>
#include <string>

namespace latchkey::bench {

/// Answers every request and status with `answer_bytes` bytes until the process is told to end (SIGTERM,
/// SIGINT): the service's link and topics, and nothing else of it. Says "ready" on standard output when it is
/// subscribed. The error says why there is no link.
[[nodiscard]] std::expected<void, std::string> echo(mqtt::Options options, std::size_t answer_bytes);

}  // namespace latchkey::bench
