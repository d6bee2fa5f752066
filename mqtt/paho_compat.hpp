#pragma once

#include <mqtt/async_client.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

/// Private to mqtt/: what depends on Paho's version (C++ 1.2 over C 1.3.12 in Debian 12, C++ 1.5 over C
/// 1.3.14 in Debian 13).
namespace latchkey::paho {

using namespace ::mqtt;

/// Calls one of two functions when an operation succeeds or fails. They run on Paho's threads under its
/// global lock: they must not throw, and must not wait for a thread that may call Paho.
class Listener : public iaction_listener {
 public:
  using Handler = std::function<void(const token&)>;
  Listener(Handler success, Handler failure) : success_(std::move(success)), failure_(std::move(failure)) {}
  void on_success(const token& token) override { success_(token); }
  void on_failure(const token& token) override { failure_(token); }

 private:
  Handler success_;
  Handler failure_;
};

/// True if the broker refused the operation with an MQTT 5 reason code; otherwise the connection failed.
[[nodiscard]] bool refused(const token& token);

/// Why an operation failed, by the MQTT 5 reason code, the MQTT 3.1.1 CONNACK code or Paho's error.
[[nodiscard]] std::string why_failed(const token& token);
[[nodiscard]] std::string reason_text(int code);

/// False if the DISCONNECT's reason code shows that no message caused it. Code 0: the broker gave none.
[[nodiscard]] bool may_blame_a_message(int disconnect_code);

/// The broker's Receive Maximum, from its CONNACK. Call only in the success handler of a connect.
[[nodiscard]] std::size_t receive_maximum(const token& token);

/// The Maximum Packet Size, from the CONNACK; nothing without one.
[[nodiscard]] std::optional<std::size_t> maximum_packet_size(const token& token);

/// The Server Keep Alive, from the CONNACK; nothing without one.
[[nodiscard]] std::optional<std::chrono::seconds> server_keep_alive(const token& token);

/// Empty when there is none, or on MQTT 3.1.1.
[[nodiscard]] std::string correlation_data(const message& message);

}  // namespace latchkey::paho
