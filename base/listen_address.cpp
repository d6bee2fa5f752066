#include "base/listen_address.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace latchkey::service {
namespace {

bool is_ip(const std::string& ip, int family) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(family, ip.c_str(), address.data()) == 1;
}

}  // namespace

std::expected<ListenAddress, std::string> ListenAddress::parse(std::string_view text) {
  const auto wrong = [&] {
    return std::unexpected("\"" + std::string(text) +
                           "\" is not an address to listen on; allowed are IP:PORT, such as 127.0.0.1:9464 "
                           "or [::1]:9464, and off");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  ListenAddress address{std::string(host), 0};
  if (!is_ip(address.ip, bracketed ? AF_INET6 : AF_INET)) return wrong();
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), address.port);
  if (error != std::errc() || end != digits.end() || address.port == 0) return wrong();
  return address;
}

SocketAddress ListenAddress::socket_address() const {
  SocketAddress address;
  if (ip.contains(':')) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    ::inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr);
    address.size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    ::inet_pton(AF_INET, ip.c_str(), &v4.sin_addr);
    address.size = sizeof v4;
  }
  return address;
}

bool ListenAddress::is_loopback() const {
  return ip.starts_with("127.") || ip == "::1";
}

}  // namespace latchkey::service
