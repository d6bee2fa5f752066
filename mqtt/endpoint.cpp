#include "mqtt/endpoint.hpp"

#include <charconv>
#include <optional>
#include <system_error>

namespace latchkey::mqtt {
namespace {

std::unexpected<std::string> refuse(std::string_view url, std::string_view why) {
  return std::unexpected("The broker's url \"" + std::string(url) + "\" " + std::string(why) +
                         "; write it as mqtt://host:1883 or mqtts://host:8883.");
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535)
    return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

/// Removes the host, with the brackets of an IPv6 address, from the front of `rest` and returns it; empty if
/// there is none.
std::string_view take_host(std::string_view& rest) {
  const bool bracket = rest.starts_with('[');
  const std::size_t end = bracket ? rest.find(']') : rest.find(':');
  if (bracket && end == std::string_view::npos) return {};
  const std::string_view host = bracket ? rest.substr(1, end - 1) : rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(bracket ? end + 1 : end);
  return host;
}

}  // namespace

std::expected<Endpoint, std::string> Endpoint::parse(std::string_view url) {
  constexpr std::string_view plain = "mqtt://";
  constexpr std::string_view secure = "mqtts://";
  Endpoint endpoint;
  endpoint.tls = url.starts_with(secure);
  if (!endpoint.tls && !url.starts_with(plain)) return refuse(url, "has an unknown scheme");
  std::string_view rest = url.substr(endpoint.tls ? secure.size() : plain.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/@?# ") != std::string_view::npos)
    return refuse(url, "has more than a host and a port");
  endpoint.host = take_host(rest);
  if (endpoint.host.empty()) return refuse(url, "names no host");
  endpoint.port = endpoint.tls ? 8883 : 1883;
  if (rest.empty()) return endpoint;
  const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return refuse(url, "has a port that is not a number from 1 to 65535");
  endpoint.port = *port;
  return endpoint;
}

std::string Endpoint::paho_uri() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (tls ? "ssl://" : "tcp://") + (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace latchkey::mqtt
