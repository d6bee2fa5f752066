#pragma once

#include "device/context.hpp"

#include <chrono>

namespace latchkey::device {

/// From power-up to ready (docs/device.md): with a credential that the folder holds where one works,
/// otherwise by asking for one on the bootstrap connection. Returns after `limit` at the latest, plus the 2 s
/// of a goodbye; called again later it goes on where it was.
[[nodiscard]] Outcome provision(const Context& context, std::chrono::milliseconds limit);

/// Is the certificate past its end, as far as the device knows the time? A password does not tell.
[[nodiscard]] bool has_expired(const Context& context, const StoredCredential& credential);

}  // namespace latchkey::device
