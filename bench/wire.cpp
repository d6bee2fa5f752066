#include "bench/wire.hpp"

namespace latchkey::bench::wire {
namespace {

constexpr char connect_type = 0x10;
constexpr char publish_at_qos1 = 0x32;
constexpr char puback_type = 0x40;
constexpr char subscribe_type = static_cast<char>(0x82);
constexpr std::uint8_t qos_bits = 0x06;

void append(std::string& out, std::uint16_t number) {
  out += static_cast<char>(number >> 8U);
  out += static_cast<char>(number & 0xFFU);
}

void append(std::string& out, std::string_view text) {
  append(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}

/// MQTT 3.1.1, 2.2.3.
std::string with_header(char first, std::string_view body) {
  std::string out(1, first);
  std::size_t left = body.size();
  do {
    const std::size_t digit = left % 128;
    left /= 128;
    out += static_cast<char>(left > 0 ? digit | 0x80U : digit);
  } while (left > 0);
  return out += body;
}

unsigned octet(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

std::uint16_t number_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint16_t>(octet(text, at) << 8U | octet(text, at + 1));
}

}  // namespace

std::string connect(std::string_view client_id, std::string_view username, std::string_view password) {
  constexpr char clean_with_login = static_cast<char>(0xC2);
  constexpr std::uint16_t no_keep_alive = 0;
  std::string body;
  append(body, "MQTT");
  body += '\x04';
  body += clean_with_login;
  append(body, no_keep_alive);
  append(body, client_id);
  append(body, username);
  append(body, password);
  return with_header(connect_type, body);
}

std::string subscribe(std::uint16_t packet_id, std::span<const std::string> filters) {
  std::string body;
  append(body, packet_id);
  for (const std::string& filter : filters) {
    append(body, filter);
    body += '\x01';
  }
  return with_header(subscribe_type, body);
}

std::string publish(std::string_view topic, std::string_view payload) {
  std::string body;
  append(body, topic);
  append(body, std::uint16_t{0});
  body += payload;
  return with_header(publish_at_qos1, body);
}

void number(std::string& packet, std::uint16_t packet_id) noexcept {
  std::size_t at = 1;
  while (octet(packet, at) >= 0x80U)
    ++at;
  ++at;
  at += 2U + number_at(packet, at);
  packet[at] = static_cast<char>(packet_id >> 8U);
  packet[at + 1] = static_cast<char>(packet_id & 0xFFU);
}

std::string puback(std::uint16_t packet_id) {
  std::string body;
  append(body, packet_id);
  return with_header(puback_type, body);
}

std::optional<Packet> take(std::string_view& in) noexcept {
  std::size_t length = 0;
  std::size_t at = 1;
  for (unsigned shift = 0;; shift += 7) {
    if (at >= in.size() || shift > 21) return std::nullopt;
    const unsigned digit = octet(in, at++);
    length |= std::size_t{digit & 0x7FU} << shift;
    if (digit < 0x80U) break;
  }
  if (in.size() - at < length) return std::nullopt;
  const unsigned first = octet(in, 0);
  const Packet packet{static_cast<Type>(first >> 4U), static_cast<std::uint8_t>(first & 0x0FU),
                      in.substr(at, length)};
  in.remove_prefix(at + length);
  return packet;
}

std::optional<Publication> publication(const Packet& packet) noexcept {
  const std::string_view body = packet.body;
  if (body.size() < 2) return std::nullopt;
  const std::size_t length = number_at(body, 0);
  const bool acknowledged = (packet.flags & qos_bits) != 0;
  std::size_t at = 2 + length;
  if (body.size() < at + (acknowledged ? 2U : 0U)) return std::nullopt;
  Publication out{body.substr(2, length), {}, {}};
  if (acknowledged) {
    out.packet_id = number_at(body, at);
    at += 2;
  }
  out.payload = body.substr(at);
  return out;
}

}  // namespace latchkey::bench::wire
