#pragma once

#include "device/context.hpp"

#include <chrono>

namespace latchkey::device {

/// Options of `run`.
struct RunOptions {
  /// A credential or connection without a configuration message for this time counts as not working. The
  /// device then tries the next older one, and at last the bootstrap connection.
  std::chrono::milliseconds patience{std::chrono::minutes(1)};
  /// The device starts after a random delay of at most this, so that a fleet does not start all at once when
  /// power returns.
  std::chrono::milliseconds start_within{};
};

/// Runs a device from power-up until Mailbox::stop: provisions itself if needed, stays connected, renews its
/// credential, applies configurations, and moves to another broker when told to. No external fault ends it or
/// makes it delete a working credential.
void run(const Context& context, const RunOptions& options);

}  // namespace latchkey::device
