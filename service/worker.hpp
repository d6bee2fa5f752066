#pragma once

#include "service/pipeline/requests.hpp"
#include "service/pipeline/statuses.hpp"
#include "service/pulse.hpp"

#include <thread>

namespace latchkey::service {

/// A thread with an inbox and a database connection of its own, that works in batches of whatever is waiting.
class Worker {
 public:
  Worker(Inbox& inbox, std::size_t batch_max, const RequestTools& requests, const StatusTools& statuses,
         registry::ConnectOptions database);
  [[nodiscard]] const Pulse& pulse() const noexcept { return pulse_; }

 private:
  void run();
  void work(std::vector<Inbound> batch);

  Inbox& inbox_;
  std::size_t batch_max_;
  Metrics& metrics_;
  Log& log_;
  Pulse pulse_;
  registry::Registry registry_;
  RequestPipeline requests_;
  StatusPipeline statuses_;
  std::jthread thread_;  // last: it uses all of the above, and ends when the inbox is closed
};

}  // namespace latchkey::service
