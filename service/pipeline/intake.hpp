#pragma once

#include "mqtt/link.hpp"
#include "service/observability/log.hpp"
#include "service/observability/metrics.hpp"
#include "service/pipeline/broker_echo.hpp"
#include "service/pipeline/inbox.hpp"

#include <memory>
#include <vector>

namespace latchkey::service {

/// The entry of all messages: drops those with an invalid topic or size, and queues the others for their
/// device's worker. Called on the link's thread, so it never blocks.
class Intake {
 public:
  Intake(const protocol::Topics& topics, std::vector<std::unique_ptr<Inbox>>& inboxes, Metrics& metrics,
         Log& log, const BrokerEcho& echo)
      : topics_(topics), inboxes_(inboxes), metrics_(metrics), log_(log), echo_(echo) {}
  void accept(const mqtt::Delivery& delivery);
  /// A device came whose id the broker cannot carry, so its requests do not arrive: the ledger says so.
  /// Thread-safe.
  void refuse(const protocol::DeviceId& id);

 private:
  [[nodiscard]] Inbox& inbox_of(const protocol::DeviceId& id) const;
  void drop(Dropped why, std::string_view said, std::string_view topic);

  const protocol::Topics& topics_;
  std::vector<std::unique_ptr<Inbox>>& inboxes_;
  Metrics& metrics_;
  Log& log_;
  const BrokerEcho& echo_;
};

}  // namespace latchkey::service
