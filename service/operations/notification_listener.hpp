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

/// The service's reaction to one kind of change that an operator makes in the registry.
struct ChangeHandler {
  std::string topic;  ///< the topic in the operators' NOTIFY
  /// Does one bounded step by the given connection; true when there is more to do at once. It also runs when
  /// nothing changed, and on every replica, so it must find its work in the database.
  std::function<registry::Result<bool>(registry::Registry&)> step;
  /// While there is more to do, it rests this many times as long as its step took, at most 0.1 s. So devices
  /// do not feel work that can wait.
  int rest = 0;
};

/// Applies operators' changes at once: runs each handler when its topic is announced, and all of them after
/// every connect and every 5 s, since announcements are lost while disconnected. Steps alternate, so that a
/// change of a million devices does not delay the others.
class NotificationListener {
 public:
  using Clock = std::chrono::steady_clock;

  NotificationListener(std::vector<ChangeHandler> handlers, const registry::ConnectOptions& database,
                       Metrics& metrics, Log& log);
  ~NotificationListener();
  NotificationListener(const NotificationListener&) = delete;
  NotificationListener& operator=(const NotificationListener&) = delete;

  /// Why operators' changes do not take effect; nothing if a poll succeeded within the last 15 s.
  [[nodiscard]] std::optional<std::string> complaint(Clock::time_point now);
  /// Asks the thread to end; the destructor waits for it.
  void end() noexcept;

 private:
  void run();
  void listen();
  /// False if the registry is unreachable.
  [[nodiscard]] bool step(std::size_t handler);
  void poll_succeeded();
  void poll_failed(std::string reason);

  std::vector<ChangeHandler> handlers_;
  std::vector<std::optional<Clock::time_point>> due_;  ///< when each goes on; nothing: it is done
  registry::Listener listener_;
  registry::Registry registry_;
  Metrics& metrics_;
  Log& log_;
  Clock::time_point next_poll_;
  std::mutex mutex_;
  Clock::time_point polled_at_ = Clock::now();  ///< when all handlers ran last
  std::string poll_error_;                      ///< why the last poll failed
  std::atomic<bool> ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service
