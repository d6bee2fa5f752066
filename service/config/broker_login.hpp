#pragma once

#include "mqtt/link.hpp"
#include "protocol/limits.hpp"
#include "service/config/config.hpp"

namespace latchkey::service {

/// A client id that cannot be a device's.
[[nodiscard]] std::string random_client_id();

/// The largest packet of the protocol: a request with its topic and 1 KiB of correlation data.
inline constexpr std::size_t packet_needed = protocol::limits::request_bytes + 2UL * 1024;

/// The link's options from [mqtt]. The caller adds client id and subscriptions.
[[nodiscard]] mqtt::Options broker_login(const Config& config, const crypto::Secret& password);

/// The link's options for the account of [broker_access], with a client id of its own.
[[nodiscard]] mqtt::Options access_login(const Config& config, const crypto::Secret& password);

}  // namespace latchkey::service
