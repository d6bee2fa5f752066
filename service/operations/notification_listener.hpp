#pragma once

#include "registry/listener.hpp"
#include "registry/registry.hpp"
#include "service/observability/log.hpp"
#include "service/observability/metrics.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::service {

/// What the service does about a change that an operator made in the registry.
struct Act {
  std::string topic;  ///< as the operators' functions announce it
  /// One bounded step, by the connection given; true when there is more to do at once. It runs when nothing
  /// changed, too, and on every replica: it takes its work from the database and does what is left to do.
  std::function<registry::Result<bool>(registry::Registry&)> step;
};

/// Has operators' changes take effect at once: each act runs when its topic is announced, and all of them
/// after every connect and every 5 s, since an announcement is lost with the connection that should have
/// heard it. Steps take turns: a change that concerns a million devices does not keep the others waiting.
class NotificationListener {
 public:
  using Clock = std::chrono::steady_clock;

  NotificationListener(std::vector<Act> acts, const registry::ConnectOptions& database, Metrics& metrics,
                       Log& log);
  ~NotificationListener();
  NotificationListener(const NotificationListener&) = delete;
  NotificationListener& operator=(const NotificationListener&) = delete;

  /// Why operators' changes take no effect; nothing while a look at the registry succeeded within 15 s.
  [[nodiscard]] std::optional<std::string> complaint(Clock::time_point now);
  /// From now on it winds up; the destructor waits for that.
  void end() noexcept;

 private:
  void run();
  void listen();
  /// False if the registry could not be reached for it.
  [[nodiscard]] bool step(std::size_t act);
  void polled();
  void hindered(std::string reason);

  std::vector<Act> acts_;
  std::vector<bool> due_;  ///< which of them have something to do
  registry::Listener listener_;
  registry::Registry registry_;
  Metrics& metrics_;
  Log& log_;
  Clock::time_point next_poll_;
  std::mutex mutex_;
  Clock::time_point polled_at_ = Clock::now();  ///< when all acts ran last
  std::string hindrance_;                       ///< of the look that failed last
  std::atomic<bool> ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service
