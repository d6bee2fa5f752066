#pragma once

#include "registry/registry.hpp"
#include "service/metrics.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace latchkey::service {

/// Looks at the database from time to time, by a connection of its own, for whoever wants to know how it is:
/// so neither a health check nor a scrape ever waits for it.
class Observer {
 public:
  Observer(registry::ConnectOptions database, Metrics& metrics);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// What is wrong with the database; nothing if it answered within the last look.
  [[nodiscard]] std::optional<std::string> complaint();

 private:
  void run();
  void look();
  void count();

  registry::Registry registry_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> complaint_ = "not looked at yet";
  std::chrono::steady_clock::time_point next_count_;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service
