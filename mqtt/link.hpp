#pragma once

#include "crypto/secret.hpp"
#include "mqtt/answer_limit.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::mqtt {

enum class Version { v3_1_1, v5 };

/// The largest MQTT packet (MQTT 5, 1.5.5): the greatest remaining length, plus five bytes of fixed header.
inline constexpr std::size_t any_packet = 268435455 + 5;

/// An outgoing message: QoS 1, never retained.
struct Message {
  std::string topic;
  std::string payload;
  std::string content_type;      ///< MQTT 5 only
  std::string correlation_data;  ///< MQTT 5 only
  std::uint64_t tag = 0;         ///< passed to Handlers::delivered; 0: no call
};

/// An incoming message. The views are valid until the callback returns.
struct Delivery {
  std::string_view topic;
  std::string_view payload;
  std::string_view correlation_data;
  bool retained = false;
};

/// An outgoing message that the link will not send again. The views are valid until the callback returns.
struct GivenUp {
  std::string_view topic;
  std::size_t bytes = 0;  ///< of its packet
  std::uint64_t tag = 0;
  std::string_view why;  ///< half a sentence
};

struct Will {
  std::string topic;
  std::string payload;
};

/// The time at which the broker's certificate must be valid.
struct Dates {
  bool are_skipped = false;
  /// The time when the link is opened; nothing: this machine's clock.
  std::optional<std::chrono::sys_seconds> now;
};

struct Options {
  std::string url;  ///< mqtt://host:port or mqtts://host:port
  std::string client_id;
  std::string username;  ///< empty: none
  crypto::Secret password;
  std::string ca_file;           ///< PEM; required with mqtts: the host name is always verified
  std::string certificate_file;  ///< PEM, for mutual TLS; with key_file
  std::string key_file;
  Dates dates;  ///< process-wide for each host: the last link's hold
  Version version = Version::v5;
  std::vector<std::string> subscriptions;  ///< topic filters at QoS 1, subscribed after every CONNACK
  std::vector<Will> will;                  ///< at most one
  std::chrono::seconds keep_alive{20};
  std::chrono::seconds connect_timeout{5};
  /// Instead of connect_timeout, one that grows after answers that took too long. The caller keeps it for
  /// its next link, so that this one does not begin with attempts that are too short again.
  std::shared_ptr<AnswerLimit> answer_limit;
  std::size_t outbox_limit = 100000;  ///< messages waiting to be sent
  std::size_t in_flight_limit = 200;  ///< sent and not acknowledged
};

/// Callbacks, called on Paho's threads. They must return quickly, never block and never call the link. An
/// exception from one is swallowed: it would end the process.
struct Handlers {
  std::function<void(const Delivery&)> message;
  /// All subscriptions were acknowledged on a new connection.
  std::function<void()> ready;
  /// The connection ended, or an attempt failed. The link reconnects by itself.
  std::function<void(std::string_view reason)> lost;
  /// The broker acknowledged (PUBACK) the message with this tag.
  std::function<void(std::uint64_t tag)> delivered;
  /// The broker does not accept this message: it exceeds the Maximum Packet Size, its PUBACK refused it (MQTT
  /// 5), or it ended the connection twice. Similar messages are given up for a while too
  /// (mqtt/quarantine.hpp).
  std::function<void(const GivenUp&)> given_up;
  /// Called before `ready` if the broker limits the packet size (`packet_limit`).
  std::function<void(std::size_t bytes)> limited;
  /// The broker refused a filter of `Link::subscribe`. The link goes on.
  std::function<void(std::string_view filter, std::string_view why)> not_subscribed;
};

/// A connection to a broker that reconnects by itself: connects and subscribes, with a clean session, and
/// again after each loss with backoff (mqtt/backoff.hpp). All methods are thread-safe, but must not be called
/// from a handler.
class Link {
 public:
  /// Checks the options (files readable, URL valid) and starts to connect in the background.
  [[nodiscard]] static std::expected<std::unique_ptr<Link>, std::string> open(Options options,
                                                                              Handlers handlers);
  /// Disconnects and drops the outbox; call `flush` before to send it.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Queues a message. False when the outbox is full. Messages queued without a connection are sent after the
  /// next connect.
  [[nodiscard]] bool publish(Message message);
  /// Subscribes to more topic filters at QoS 1, for the connection that is open: call it again after `ready`.
  void subscribe(std::vector<std::string> filters);
  /// Waits until every message is acknowledged; false if `limit` passes first.
  [[nodiscard]] bool flush(std::chrono::milliseconds limit);

  /// Unsubscribes for good, so that the other members of a shared subscription get new messages; false if
  /// `limit` passes before the broker acknowledges. `publish` still works.
  [[nodiscard]] bool unsubscribe(std::chrono::milliseconds limit);

  /// The number of messages that wait or are not acknowledged.
  [[nodiscard]] std::size_t outstanding() const;

  /// How many messages may be unacknowledged on this connection: the broker's Receive Maximum (MQTT 5), at
  /// most `in_flight_limit`. 0 before the first connection.
  [[nodiscard]] std::size_t window() const;

  /// The largest packet that the broker accepts on this connection: its Maximum Packet Size (MQTT 5), or
  /// `any_packet` without one.
  [[nodiscard]] std::size_t packet_limit() const;

  /// The keep alive that the broker demands (MQTT 5, Server Keep Alive); nothing if it demands none. The link
  /// keeps a shorter one than `Options::keep_alive`.
  [[nodiscard]] std::optional<std::chrono::seconds> server_keep_alive() const;

  /// A connection is up and all its subscriptions are acknowledged.
  [[nodiscard]] bool ready() const noexcept;

 private:
  struct Impl;
  explicit Link(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::mqtt
