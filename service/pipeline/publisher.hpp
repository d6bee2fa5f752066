#pragma once

#include "mqtt/link.hpp"
#include "protocol/configuration.hpp"
#include "protocol/topics.hpp"
#include "registry/broker_access.hpp"
#include "service/observability/log.hpp"
#include "service/observability/metrics.hpp"
#include "service/pipeline/sent_log.hpp"

#include <functional>

namespace latchkey::service {

/// Takes an answer that may leave only once the broker did something; it publishes the answer then, or drops
/// it when the broker does not: the device asks again. Never waits; false: too many wait.
using PublishAfterOpening = std::function<bool(registry::BrokerOpening, mqtt::Message)>;

/// What every worker says things with: topics, encoding, the link's outbox. May be used from several threads.
class Publisher {
 public:
  Publisher(mqtt::Link& link, const protocol::Topics& topics, SentLog& sent, PublishAfterOpening gate,
            Metrics& metrics, Log& log);

  /// Signed by `signer`, or plain without one. `sent` names the credential in it, `opening` what the broker
  /// has to do first. False: the answer was dropped, because too many wait or no device would take it.
  [[nodiscard]] bool answer(const Inbound& request, protocol::Answer answer, const protocol::Signer* signer,
                            std::optional<registry::Sent> sent = std::nullopt,
                            std::optional<registry::BrokerOpening> opening = std::nullopt);
  /// An answer that nobody asked for just now.
  void notify(const protocol::DeviceId& id, const protocol::Answer& answer, const protocol::Signer& signer);
  /// In two messages if it does not fit into one: first the configuration, then the connection.
  void configure(const protocol::DeviceId& id, protocol::Configuration configuration,
                 const protocol::Signer& signer);
  /// False: the outbox is full.
  [[nodiscard]] bool publish(mqtt::Message message);

 private:
  /// What fits into one message: at the device, and by what the broker says.
  [[nodiscard]] std::size_t most_bytes(std::size_t correlation_data) const;
  /// Says so, too.
  [[nodiscard]] bool is_too_large(std::string_view payload, const protocol::DeviceId& id) const;
  void publish_signed(protocol::Channel channel, const protocol::DeviceId& id, std::string payload);

  mqtt::Link& link_;
  const protocol::Topics& topics_;
  SentLog& sent_;
  PublishAfterOpening after_opening_;
  Metrics& metrics_;
  Log& log_;
};

}  // namespace latchkey::service
