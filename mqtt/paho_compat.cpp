#include "mqtt/paho_compat.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace latchkey::paho {
namespace {

constexpr int first_failure_code = 0x80;
constexpr int not_a_reason_code = 0xFF;  // Paho's value for MQTT 3.1.1

/// MQTT 3.1.1, 3.2.2.3.
constexpr std::array<const char*, 6> connack_texts{
    "accepted",           "unacceptable protocol version", "identifier rejected",
    "server unavailable", "bad user name or password",     "not authorized",
};

/// Paho's error text, available only by an exception.
std::string library_text(const token& token) try {
  const_cast<paho::token&>(token).try_wait();  // NOLINT(cppcoreguidelines-pro-type-const-cast): does not wait
  return "failure";
} catch (const exception& error) {
  return error.get_message().empty() ? error.get_error_str() : error.get_message();
}

}  // namespace

std::string reason_text(int code) {
  const char* text = ::MQTTReasonCode_toString(static_cast<MQTTReasonCodes>(code));
  return (text != nullptr ? std::string(text) : std::string("reason code")) + " (" + std::to_string(code) +
         ")";
}

bool refused(const token& token) {
  const int code = static_cast<int>(token.get_reason_code());
  return code >= first_failure_code && code != not_a_reason_code;
}

std::string why_failed(const token& token) {
  if (refused(token)) return reason_text(static_cast<int>(token.get_reason_code()));
  const int code = token.get_return_code();  // Paho C++ 1.2 stores the code of an MQTT 5 CONNACK here
  if (code >= first_failure_code && code < not_a_reason_code) return reason_text(code);
  if (code > 0 && static_cast<std::size_t>(code) < connack_texts.size()) {
    return std::string(connack_texts.at(static_cast<std::size_t>(code))) + " (" + std::to_string(code) + ")";
  }
  return library_text(token) + " (" + std::to_string(code) + ")";
}

bool may_blame_a_message(int disconnect_code) {
  constexpr std::array own{
      MQTTREASONCODE_SERVER_BUSY,           MQTTREASONCODE_SERVER_SHUTTING_DOWN,
      MQTTREASONCODE_KEEP_ALIVE_TIMEOUT,    MQTTREASONCODE_SESSION_TAKEN_OVER,
      MQTTREASONCODE_ADMINISTRATIVE_ACTION, MQTTREASONCODE_USE_ANOTHER_SERVER,
      MQTTREASONCODE_SERVER_MOVED,          MQTTREASONCODE_MAXIMUM_CONNECT_TIME,
      MQTTREASONCODE_MESSAGE_RATE_TOO_HIGH, MQTTREASONCODE_CONNECTION_RATE_EXCEEDED,
  };
  return std::ranges::find(own, disconnect_code) == own.end();
}

std::size_t receive_maximum(const token& token) {
  const auto response = token.get_connect_response();
  const auto& properties = response.get_properties();
  if (!properties.contains(property::RECEIVE_MAXIMUM)) return 65535;
  return get<std::uint16_t>(properties, property::RECEIVE_MAXIMUM);
}

std::optional<std::size_t> maximum_packet_size(const token& token) {
  const auto response = token.get_connect_response();
  const auto& properties = response.get_properties();
  if (!properties.contains(property::MAXIMUM_PACKET_SIZE)) return std::nullopt;
  return get<std::uint32_t>(properties, property::MAXIMUM_PACKET_SIZE);
}

std::optional<std::chrono::seconds> server_keep_alive(const token& token) {
  const auto response = token.get_connect_response();
  const auto& properties = response.get_properties();
  if (!properties.contains(property::SERVER_KEEP_ALIVE)) return std::nullopt;
  return std::chrono::seconds(get<std::uint16_t>(properties, property::SERVER_KEEP_ALIVE));
}

std::string correlation_data(const message& message) {
  const auto& properties = message.get_properties();
  if (!properties.contains(property::CORRELATION_DATA)) return {};
  return get<std::string>(properties, property::CORRELATION_DATA);
}

}  // namespace latchkey::paho
