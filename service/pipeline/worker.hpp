#pragma once

#include "service/observability/pulse.hpp"
#include "service/pipeline/requests.hpp"
#include "service/pipeline/statuses.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace latchkey::service {

/// A thread with an inbox and a database connection of its own, that works in batches of whatever is waiting.
/// Where no batch was committed for some seconds, it proves that one could be.
class Worker {
 public:
  /// `can_serve` is called once, when the first commit succeeded.
  Worker(Inbox& inbox, std::size_t batch_max, const RequestTools& requests, const StatusTools& statuses,
         registry::ConnectOptions database, std::function<void()> can_serve);
  [[nodiscard]] const Pulse& pulse() const noexcept { return pulse_; }
  /// Why requests would not be served; nothing while it could commit within the last seconds.
  [[nodiscard]] std::optional<std::string> complaint(Steady::time_point now);
  /// What it asks the database fails `after` from now: its inbox is closed, and it has to come to an end.
  void end(std::chrono::milliseconds after) noexcept { registry_.abandon(after); }

 private:
  void run();
  void prove();
  void note();
  void work(std::vector<Inbound> batch);

  Inbox& inbox_;
  std::size_t batch_max_;
  Metrics& metrics_;
  Log& log_;
  Pulse pulse_;
  registry::Registry registry_;
  RequestPipeline requests_;
  StatusPipeline statuses_;
  std::function<void()> can_serve_;
  Steady::time_point next_proof_;  ///< the first one is due at once: it connects
  std::mutex mutex_;
  registry::Registry::Standing standing_;  ///< of the registry, for whoever asks
  std::jthread thread_;  // last: it uses all of the above, and ends when the inbox is closed
};

}  // namespace latchkey::service
