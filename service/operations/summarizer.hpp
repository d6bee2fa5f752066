#pragma once

#include "registry/registry.hpp"
#include "service/observability/log.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace latchkey::service {

/// Counts a large fleet once an hour, for the views that summarize it. Its own thread, with a connection only
/// only while it counts, which may take a minute. The end of the service does not wait for it.
class Summarizer {
 public:
  Summarizer(registry::ConnectOptions database, Log& log);
  ~Summarizer();
  /// Asks the thread to end; the destructor waits for it.
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
