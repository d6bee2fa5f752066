#pragma once

#include <cstdint>

namespace latchkey::mqtt {

/// Switches Nagle's algorithm off on every TCP connection of this process to `port`. Paho neither does so nor
/// gives access to its socket; with the broker's delayed TCP acknowledgements a request and its answer would
/// take 80 ms.
void set_tcp_nodelay(std::uint16_t port);

}  // namespace latchkey::mqtt
