#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace latchkey::mqtt {

/// A broker's address: mqtt://host:port or mqtts://host:port.
struct Endpoint {
  std::string host;  ///< a name, an IPv4 address, or an IPv6 address without its brackets
  std::uint16_t port = 0;
  bool tls = false;

  /// The port is optional (1883, 8883); an IPv6 address needs brackets; no path, no user.
  [[nodiscard]] static std::expected<Endpoint, std::string> parse(std::string_view url);
  /// The form that Paho expects: tcp://host:port or ssl://host:port.
  [[nodiscard]] std::string paho_uri() const;
};

}  // namespace latchkey::mqtt
