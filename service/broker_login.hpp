#pragma once

#include "mqtt/link.hpp"
#include "service/config.hpp"

namespace latchkey::service {

/// How [mqtt] says to reach the broker and to log in there. Client id and subscriptions are the caller's.
[[nodiscard]] mqtt::Options broker_login(const Config& config, const crypto::Secret& password);

}  // namespace latchkey::service
