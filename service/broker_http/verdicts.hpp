#pragma once

#include "protocol/topics.hpp"
#include "service/broker_http/facts.hpp"

// Which clients may connect and what they may do: the decisions of the gate (docs/gate.md), as functions of
// what the registry says of the device.
namespace latchkey::service::broker_http {

/// The device of a user name: `ID` for one with a certificate, `ID@GENERATION` for one with a password.
struct User {
  protocol::DeviceId device_id;
  std::optional<std::int64_t> generation;
};
/// Nothing if no device has such a user name.
[[nodiscard]] std::optional<User> user_of(std::string_view username);

/// A client that wants to connect. The broker has verified the certificate, if there is one.
struct Connecting {
  std::string_view username;
  std::string_view client_id;
  std::optional<std::string_view> password;
  std::optional<std::string_view> certificate_name;
};
/// `known`: of the device with this client id.
[[nodiscard]] bool may_connect(const Known& known, const Connecting& client, Seconds now);

/// True as long as the user's session may live. `known`: of its device.
[[nodiscard]] bool is_live(const Known& known, const User& user, Seconds now);

enum class Action { publish, subscribe };
/// `topic`: a topic, or a filter to subscribe to.
[[nodiscard]] bool may_use(const Known& known, const User& user, Action action, std::string_view topic,
                           const protocol::Topics& topics, Seconds now);

/// True if `filter`, with `id` in place of `${device_id}`, matches every topic that `wanted` matches.
[[nodiscard]] bool covers(std::string_view filter, std::string_view id, std::string_view wanted);

/// RabbitMQ: `.` separates its topics' levels, and `:` virtual host and user name. So it cannot serve devices
/// that have one of them in their ids.
[[nodiscard]] bool is_for_rabbitmq(const protocol::DeviceId& id);
/// RabbitMQ: the MQTT topic or filter of a routing key.
[[nodiscard]] std::string topic_of(std::string_view routing_key);

}  // namespace latchkey::service::broker_http
