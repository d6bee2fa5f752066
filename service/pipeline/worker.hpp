#pragma once

#include "service/observability/activity.hpp"
#include "service/pipeline/requests.hpp"
#include "service/pipeline/statuses.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace latchkey::service {

/// A thread with an inbox and a database connection of its own that processes batches of the waiting
/// messages. If it committed no batch for some seconds, it proves that it could (Registry::prove).
class Worker {
 public:
  /// Calls `can_serve` once, after the first successful commit.
  Worker(Inbox& inbox, std::size_t batch_max, const RequestTools& requests, const StatusTools& statuses,
         registry::ConnectOptions database, std::function<void()> can_serve);
  [[nodiscard]] const Activity& activity() const noexcept { return activity_; }
  /// Why requests would not be served; nothing if a commit succeeded within the last seconds.
  [[nodiscard]] std::optional<std::string> complaint(Steady::time_point now);
  /// Call after closing the inbox: calls to the database that run `after` from now fail, so that the thread
  /// ends.
  void end(std::chrono::milliseconds after) noexcept { registry_.abandon(after); }

 private:
  void run();
  void prove();
  void update_standing();
  void work(std::vector<Inbound> batch);

  Inbox& inbox_;
  std::size_t batch_max_;
  Metrics& metrics_;
  Log& log_;
  Activity activity_;
  registry::Registry registry_;
  RequestPipeline requests_;
  StatusPipeline statuses_;
  std::function<void()> can_serve_;
  Steady::time_point next_proof_;  ///< the first proof is due at once, and connects
  std::mutex mutex_;
  registry::Registry::Standing standing_;  ///< a copy of the registry's, for other threads
  std::jthread thread_;  // last: it uses all of the above, and ends when the inbox is closed
};

}  // namespace latchkey::service
