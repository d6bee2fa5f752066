#pragma once

#include "crypto/secret.hpp"

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

/// As large as MQTT has packets (MQTT 5, 1.5.5: four bytes of length, and the header's first).
inline constexpr std::size_t any_packet = 268435455 + 5;

/// An outgoing message: QoS 1, never retained.
struct Message {
  std::string topic;
  std::string payload;
  std::string content_type;      ///< MQTT 5 only
  std::string correlation_data;  ///< MQTT 5 only
  std::uint64_t tag = 0;         ///< named in Handlers::delivered; 0: nobody wants to know
};

/// An incoming message. The views are good until the callback returns.
struct Delivery {
  std::string_view topic;
  std::string_view payload;
  std::string_view correlation_data;
  bool retained = false;
};

/// An outgoing message that is not tried any more. The views are good until the callback returns.
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

/// By which time the broker's certificate is checked.
struct Dates {
  bool are_skipped = false;
  std::optional<std::chrono::sys_seconds> now;  ///< when the link is opened; nothing: by this machine's clock
};

struct Options {
  std::string url;  ///< mqtt://host:port or mqtts://host:port
  std::string client_id;
  std::string username;  ///< empty: none
  crypto::Secret password;
  std::string ca_file;           ///< PEM; required with mqtts: the host name is always verified
  std::string certificate_file;  ///< PEM, for mutual TLS; with key_file
  std::string key_file;
  Dates dates;  ///< the same for all links of the process to one host: those of the last one hold
  Version version = Version::v5;
  std::vector<std::string> subscriptions;  ///< topic filters, asked for at every CONNACK, QoS 1
  std::vector<Will> will;                  ///< at most one
  std::chrono::seconds keep_alive{20};
  std::chrono::seconds connect_timeout{5};
  std::size_t outbox_limit = 100000;  ///< messages waiting to be handed to the broker
  std::size_t in_flight_limit = 200;  ///< handed over and not acknowledged
};

/// Called on the library's threads: quick, never blocking, and never calling back into the link. An exception
/// that leaves one is swallowed: it would end the process.
struct Handlers {
  std::function<void(const Delivery&)> message;
  /// Every subscription was acknowledged on a new connection: from here on nothing is missed.
  std::function<void()> ready;
  /// The connection ended, or an attempt failed; the link goes on trying by itself.
  std::function<void(std::string_view reason)> lost;
  /// The broker acknowledged (PUBACK) the message with this tag.
  std::function<void(std::uint64_t tag)> delivered;
  /// The broker does not take this message: it is larger than the broker says it may be, was refused in its
  /// PUBACK (MQTT 5), or ended the connection twice. Nor is for a while what is like one of the last kind.
  std::function<void(const GivenUp&)> given_up;
  /// Before `ready`: the broker says how large a packet may be (`packet_limit`).
  std::function<void(std::size_t bytes)> limited;
};

/// One connection to a broker that keeps itself up: connects, subscribes, and does so again 1-8 s (with
/// jitter) after each loss, with a clean session. All methods may be called from any thread except the
/// handlers'.
class Link {
 public:
  /// Checks the options (files readable, URL understood) and starts connecting in the background.
  [[nodiscard]] static std::expected<std::unique_ptr<Link>, std::string> open(Options options,
                                                                              Handlers handlers);
  /// Disconnects without waiting for the outbox; `flush` first to keep it.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Queues for the publisher thread. False when the outbox is full: the message is not taken. What is queued
  /// while there is no connection goes out after the next one.
  [[nodiscard]] bool publish(Message message);
  /// Waits until the outbox is empty and everything is acknowledged; false when `limit` passed first.
  [[nodiscard]] bool flush(std::chrono::milliseconds limit);

  /// Unsubscribes, so that others of a shared subscription get what comes from here on; false when `limit`
  /// passed before the broker acknowledged it. What is published still goes out.
  [[nodiscard]] bool leave(std::chrono::milliseconds limit);

  /// Messages that wait or are not acknowledged.
  [[nodiscard]] std::size_t outstanding() const;

  /// How many messages may be unacknowledged on the present connection: what the broker takes (its Receive
  /// Maximum, MQTT 5), at most `in_flight_limit`. 0 before the first one.
  [[nodiscard]] std::size_t window() const;

  /// The largest packet that the broker takes on the present connection: its Maximum Packet Size (MQTT 5), or
  /// `any_packet` where it does not say.
  [[nodiscard]] std::size_t packet_limit() const;

  /// A connection is up and all its subscriptions are acknowledged.
  [[nodiscard]] bool ready() const noexcept;

 private:
  struct Impl;
  explicit Link(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::mqtt
