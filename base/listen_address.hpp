#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace latchkey::service {

/// A socket address for the system calls.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] int family() const noexcept { return storage.ss_family; }
  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// Where the HTTP server listens: an IP address and a port.
struct ListenAddress {
  std::string ip;
  std::uint16_t port = 0;

  /// "127.0.0.1:9464" or "[::1]:9464".
  [[nodiscard]] static std::expected<ListenAddress, std::string> parse(std::string_view text);
  [[nodiscard]] SocketAddress socket_address() const;
  /// True if only programs on this machine can connect.
  [[nodiscard]] bool is_loopback() const;
};

}  // namespace latchkey::service
