#pragma once

#include <mqtt/async_client.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

/// What this folder uses of the Paho library, and the only place where its versions may differ (C++ 1.2 over
/// C 1.3.12 in Debian 12, C++ 1.5 over C 1.3.14 in Debian 13). Private to mqtt/.
namespace latchkey::paho {

using namespace ::mqtt;

/// Both ends of an operation as two functions. Called on the library's threads, under the library's global
/// lock: they must not throw and not wait for anybody who could be calling the library.
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

/// Overwrites what a message held that came; the message is of no use after that.
void wipe_payload(const message& message);

/// The broker itself said no, with an MQTT 5 reason code; otherwise the connection failed on the way.
[[nodiscard]] bool refused(const token& token);

/// Why an operation failed: MQTT 5 reason codes, MQTT 3.1.1 CONNACK codes, errors of the library.
[[nodiscard]] std::string why_failed(const token& token);
[[nodiscard]] std::string reason_text(int code);

/// False: the broker said that it ended the connection for a reason of its own. 0: it said nothing.
[[nodiscard]] bool may_blame_a_message(int disconnect_code);

/// How many unacknowledged messages the broker takes, from its CONNACK. Only inside the success of a connect.
[[nodiscard]] std::size_t receive_maximum(const token& token);

/// The largest packet that it takes, from the same; nothing if it does not say.
[[nodiscard]] std::optional<std::size_t> maximum_packet_size(const token& token);

/// The keep alive that the broker wants in place of ours, from the same; nothing if it leaves that to us.
[[nodiscard]] std::optional<std::chrono::seconds> server_keep_alive(const token& token);

/// Empty when there is none, or on MQTT 3.1.1.
[[nodiscard]] std::string correlation_data(const message& message);

}  // namespace latchkey::paho
