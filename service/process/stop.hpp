#pragma once

#include "service/observability/log.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace latchkey::service {

/// Hears SIGTERM and SIGINT, from its construction on, in this thread and in all that are started after it.
/// A process that was asked to end and has not ended within `limit` is ended from here: whatever it waits
/// for (a name server, a file system, a reader of its log) is not waited for any longer.
class Stop {
 public:
  /// Less than the 15 s that docker-compose.yml and latchkey.service give it, more than an orderly end takes.
  static constexpr std::chrono::seconds usual_limit{13};

  explicit Stop(Log& log, std::chrono::milliseconds limit = usual_limit);
  ~Stop();
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;

  /// Waits until the process is asked to end, at most this long; true once it was.
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
