#pragma once

#include "service/observability/log.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace latchkey::service {

/// Handles SIGTERM and SIGINT: blocks them in this thread and in all threads started later, and waits for
/// them in a thread of its own. Ends the process `limit` after the signal if it has not ended by then,
/// whatever it waits for (a name server, a file system, a reader of its log).
class Stop {
 public:
  /// Less than the 15 s of docker-compose.yml and latchkey.service, more than an orderly stop takes.
  static constexpr std::chrono::seconds usual_limit{13};

  explicit Stop(Log& log, std::chrono::milliseconds limit = usual_limit);
  ~Stop();
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;

  /// Waits for a stop signal, at most this long; true once there was one.
  [[nodiscard]] bool wait_for(std::chrono::milliseconds time);

 private:
  void run();

  Log& log_;
  const std::chrono::milliseconds limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_ = false;
  bool over_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service
