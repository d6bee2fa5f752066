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

/// Takes messages of a device that must wait until the broker has done the opening, then publishes them, or
/// drops them if the broker fails: the device repeats its request or status. Does not block. False: too many
/// wait.
using PublishAfterOpening = std::function<bool(registry::BrokerOpening, std::vector<mqtt::Message>)>;

/// Encodes, signs and publishes messages for all workers. Thread-safe.
class Publisher {
 public:
  Publisher(mqtt::Link& link, const protocol::Topics& topics, SentLog& sent, PublishAfterOpening gate,
            Metrics& metrics, Log& log);

  /// Publishes an answer, signed by `signer` if there is one. `sent` names the credential in it, `opening` is
  /// what the broker must do before. False: the answer was dropped, because too many wait or it is too large.
  [[nodiscard]] bool answer(const Inbound& request, protocol::Answer answer, const protocol::Signer* signer,
                            std::optional<registry::Sent> sent = std::nullopt,
                            std::optional<registry::BrokerOpening> opening = std::nullopt);
  /// Publishes an answer without a request just received.
  void notify(const protocol::DeviceId& id, const protocol::Answer& answer, const protocol::Signer& signer);
  /// Publishes a configuration message; as two if it is too large for one: first the configuration, then the
  /// connection. A message larger than `device_takes` is not sent. If the broker was not told the device's
  /// rights, it is told them before.
  void configure(const protocol::DeviceId& id, protocol::Configuration configuration,
                 const protocol::Signer& signer, std::size_t device_takes, bool rights_told);
  /// False if the outbox is full.
  [[nodiscard]] bool publish(mqtt::Message message);

 private:
  /// The largest payload that device and broker accept.
  [[nodiscard]] std::size_t most_bytes(std::size_t correlation_data) const;
  /// Also logs it.
  [[nodiscard]] bool is_too_large(std::string_view payload, const protocol::DeviceId& id,
                                  std::size_t device_takes) const;
  /// A signed message; nothing if it is larger than `device_takes`.
  [[nodiscard]] std::optional<mqtt::Message> message_of(protocol::Channel channel,
                                                        const protocol::DeviceId& id, std::string payload,
                                                        std::size_t device_takes) const;

  mqtt::Link& link_;
  const protocol::Topics& topics_;
  SentLog& sent_;
  PublishAfterOpening after_opening_;
  Metrics& metrics_;
  Log& log_;
};

}  // namespace latchkey::service
