#pragma once

#include "mqtt/endpoint.hpp"
#include "mqtt/link.hpp"
#include "mqtt/paho_compat.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace latchkey::mqtt {

/// Checks the options without connecting. The error is one sentence.
[[nodiscard]] std::expected<Endpoint, std::string> check(const Options& options);

/// True if a message may be published to the topic. A wildcard or NUL would make the broker end the
/// connection.
[[nodiscard]] bool publishable(std::string_view topic) noexcept;

[[nodiscard]] int paho_version(Version version) noexcept;

[[nodiscard]] paho::connect_options make_connect_options(const Options& options, const Endpoint& endpoint);

}  // namespace latchkey::mqtt
