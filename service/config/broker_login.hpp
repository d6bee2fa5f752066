#pragma once

#include "mqtt/link.hpp"
#include "protocol/limits.hpp"
#include "service/config/config.hpp"

namespace latchkey::service {

/// Which no device has.
[[nodiscard]] std::string random_client_id();

/// The largest packet that the protocol has: a request, with its topic and 1 KiB of correlation data.
inline constexpr std::size_t packet_needed = protocol::limits::request_bytes + 2UL * 1024;

/// How [mqtt] says to reach the broker and to log in there. Client id and subscriptions are the caller's.
[[nodiscard]] mqtt::Options broker_login(const Config& config, const crypto::Secret& password);

/// The same for the account of [broker_access], under a client id of its own.
[[nodiscard]] mqtt::Options access_login(const Config& config, const crypto::Secret& password);

}  // namespace latchkey::service
