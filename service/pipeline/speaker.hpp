#pragma once

#include "mqtt/link.hpp"
#include "protocol/configuration.hpp"
#include "protocol/topics.hpp"
#include "service/log.hpp"
#include "service/metrics.hpp"
#include "service/pipeline/sent_log.hpp"

namespace latchkey::service {

/// Where devices connect with what they got, the same for all of them.
struct Destination {
  std::string host;
  std::uint16_t port = 8883;
  bool tls = true;
  std::vector<crypto::Bytes> anchors;  ///< DER; empty: devices keep theirs
};

/// What every worker says things with: topics, encoding, the link's outbox. May be used from several threads.
class Speaker {
 public:
  Speaker(mqtt::Link& link, const protocol::Topics& topics, SentLog& sent, Destination destination,
          Metrics& metrics, Log& log);

  /// Signed by `signer`, or plain without one. `sent` names the credential in it. False: the outbox is full
  /// and the answer was dropped.
  [[nodiscard]] bool answer(const Inbound& request, protocol::Answer answer, const protocol::Signer* signer,
                            std::optional<registry::Sent> sent = std::nullopt);
  void configure(const Inbound& status, const protocol::Configuration& configuration,
                 const protocol::Signer& signer);
  [[nodiscard]] protocol::Connection connection_for(const protocol::DeviceId& id) const;

 private:
  [[nodiscard]] bool publish(mqtt::Message message);

  mqtt::Link& link_;
  const protocol::Topics& topics_;
  SentLog& sent_;
  Destination destination_;
  Metrics& metrics_;
  Log& log_;
};

}  // namespace latchkey::service
