#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The part of MQTT 3.1.1 that a load generator needs: QoS 1 both ways, nothing retained, no will. Not by
/// Paho, as in the service: that would take more CPU time than what is measured.
namespace latchkey::bench::wire {

enum class Type : std::uint8_t { connack = 2, publish = 3, puback = 4, suback = 9 };

struct Packet {
  Type type{};
  std::uint8_t flags = 0;
  std::string_view body;
};

[[nodiscard]] std::string connect(std::string_view client_id, std::string_view username,
                                  std::string_view password);
/// At QoS 1.
[[nodiscard]] std::string subscribe(std::uint16_t packet_id, std::span<const std::string> filters);
/// With packet id 0: `number` sets it.
[[nodiscard]] std::string publish(std::string_view topic, std::string_view payload);
/// Sets the packet id in a packet made by `publish`.
void number(std::string& packet, std::uint16_t packet_id) noexcept;
[[nodiscard]] std::string puback(std::uint16_t packet_id);

/// Removes the first complete packet from `in` and returns it; nothing if it is not complete yet.
[[nodiscard]] std::optional<Packet> take(std::string_view& in) noexcept;

struct Publication {
  std::string_view topic;
  std::string_view payload;
  std::optional<std::uint16_t> packet_id;  ///< QoS 1: acknowledge it by a PUBACK
};
/// Parses a PUBLISH; nothing if it is truncated.
[[nodiscard]] std::optional<Publication> publication(const Packet& packet) noexcept;

}  // namespace latchkey::bench::wire
