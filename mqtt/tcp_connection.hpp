#pragma once

#include "base/descriptor.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace latchkey::mqtt {

/// A connected, blocking TCP socket with a timeout for reads and writes.
class TcpConnection {
 public:
  /// Tries each address of the host, all within `limit`. The error is half a sentence about the last address.
  [[nodiscard]] static std::expected<TcpConnection, std::string> open(const std::string& host,
                                                                      std::uint16_t port,
                                                                      std::chrono::seconds limit);
  [[nodiscard]] int descriptor() const noexcept { return socket_.number(); }

 private:
  explicit TcpConnection(int descriptor) : socket_(descriptor) {}
  Descriptor socket_;
};

/// All addresses of a host name as text, in the resolver's order; empty if it is not found.
[[nodiscard]] std::vector<std::string> addresses_of(const std::string& host);

}  // namespace latchkey::mqtt
