#pragma once

#include "registry/listener.hpp"
#include "registry/registry.hpp"
#include "service/log.hpp"

#include <atomic>
#include <functional>
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
class Steering {
 public:
  Steering(std::vector<Act> acts, const registry::ConnectOptions& database, Log& log);
  ~Steering();
  Steering(const Steering&) = delete;
  Steering& operator=(const Steering&) = delete;

 private:
  void run();
  void listen();
  [[nodiscard]] bool step(const Act& act);

  std::vector<Act> acts_;
  std::vector<bool> due_;  ///< which of them have something to do
  registry::Listener listener_;
  registry::Registry registry_;
  Log& log_;
  std::chrono::steady_clock::time_point next_look_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service
