#pragma once

#include "registry/registry.hpp"
#include "service/observability/log.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace latchkey::service {

/// Has a large fleet counted once an hour, for the views that sum it up. A thread of its own, and a
/// connection only while it counts: that may take a minute, and nobody waits for it, the end of the service
/// neither.
class Summarizer {
 public:
  Summarizer(registry::ConnectOptions database, Log& log);
  ~Summarizer();
  /// From now on it winds up; the destructor waits for that.
  void end() noexcept;
  Summarizer(const Summarizer&) = delete;
  Summarizer& operator=(const Summarizer&) = delete;

 private:
  void run();
  [[nodiscard]] bool count(std::unique_lock<std::mutex>& lock);

  registry::ConnectOptions database_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<registry::Registry> registry_;  ///< while it counts
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service
