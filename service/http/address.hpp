#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace latchkey::service {

/// Where HTTP is served: an IP address and a port.
struct ListenAddress {
  std::string ip;
  std::uint16_t port = 0;

  /// "127.0.0.1:9464" or "[::1]:9464".
  [[nodiscard]] static std::expected<ListenAddress, std::string> parse(std::string_view text);
  /// Only programs on this machine get there.
  [[nodiscard]] bool is_loopback() const;
};

}  // namespace latchkey::service
