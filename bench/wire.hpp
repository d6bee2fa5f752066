#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// As much of MQTT 3.1.1 as a load needs: QoS 1 both ways, nothing retained, no will. The service and the
/// echo use the Paho library; a load generator that did so too would take more of the processor than what it
/// measures.
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
/// `packet` is of `publish`.
void number(std::string& packet, std::uint16_t packet_id) noexcept;
[[nodiscard]] std::string puback(std::uint16_t packet_id);

/// Takes the first whole packet off `in`; nothing while more bytes are needed.
[[nodiscard]] std::optional<Packet> take(std::string_view& in) noexcept;

struct Publication {
  std::string_view topic;
  std::string_view payload;
  std::optional<std::uint16_t> packet_id;  ///< to be acknowledged
};
/// What a PUBLISH carries; nothing if it is cut short.
[[nodiscard]] std::optional<Publication> publication(const Packet& packet) noexcept;

}  // namespace latchkey::bench::wire
