#pragma once

#include "device/context.hpp"

#include <chrono>

namespace latchkey::device {

/// How a device runs.
struct RunOptions {
  /// A credential, or a connection, that brought no configuration message for so long does not work, and the
  /// next thing is tried: the one before it, then the bootstrap connection.
  std::chrono::milliseconds patience{std::chrono::minutes(1)};
  /// A fleet that got its power back asks within so long, not in one moment.
  std::chrono::milliseconds start_within{};
};

/// From power-up until it is asked to end (Mailbox::stop): provisions itself where it has to, stays
/// connected, renews its credential, applies configurations, moves to another broker when it is told to. No
/// fault of anybody else ends it, and none makes it give up what works.
void run(const Context& context, const RunOptions& options);

}  // namespace latchkey::device
