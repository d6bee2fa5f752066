#pragma once

#include "mqtt/link.hpp"
#include "service/log.hpp"
#include "service/pipeline/inbox.hpp"

#include <memory>
#include <vector>

namespace latchkey::service {

/// Where messages enter: drops what has no valid address, gives the rest to the worker that has this device.
/// Called on the link's thread, so it never waits.
class Intake {
 public:
  Intake(const protocol::Topics& topics, std::vector<std::unique_ptr<Inbox>>& inboxes, Log& log)
      : topics_(topics), inboxes_(inboxes), log_(log) {}
  void accept(const mqtt::Delivery& delivery);

 private:
  const protocol::Topics& topics_;
  std::vector<std::unique_ptr<Inbox>>& inboxes_;
  Log& log_;
};

}  // namespace latchkey::service
