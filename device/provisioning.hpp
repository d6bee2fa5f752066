#pragma once

#include "device/context.hpp"

#include <chrono>

namespace latchkey::device {

/// From power-up to ready (docs/device.md): with a stored credential if one works, otherwise by requesting
/// one on the bootstrap connection. Returns after at most `limit` plus 2 s to disconnect. A later call
/// continues from the stored state.
[[nodiscard]] Outcome provision(const Context& context, std::chrono::milliseconds limit);

/// True if the certificate has expired by the device's time. Always false for a password.
[[nodiscard]] bool has_expired(const Context& context, const StoredCredential& credential);

}  // namespace latchkey::device
