#pragma once

#include "registry/registry.hpp"
#include "service/observability/metrics.hpp"
#include "service/page/page.hpp"

#include <condition_variable>
#include <expected>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>

namespace latchkey::service {

/// Counts the fleet from time to time, by a connection of its own: so no scrape ever waits for the database.
/// The fleet page asks by the same connection, one at a time: whoever looks at it costs the requests of
/// devices nothing but the database's work.
class Observer {
 public:
  Observer(registry::ConnectOptions database, Metrics& metrics);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// From now on it winds up, and whoever asks gets no answer; the destructor waits for that.
  void end() noexcept;

  /// For the page; these wait, a few seconds at most. Counts are as old as the last count: a small fleet is
  /// counted again when somebody looks, a large one at its interval.
  [[nodiscard]] FleetView fleet();
  [[nodiscard]] std::expected<registry::DeviceHistory, std::string> history(const protocol::DeviceId& id);

 private:
  void run();
  void count();
  void recount_if_quick();
  template <class T, class Ask>
  [[nodiscard]] std::expected<T, std::string> ask(const Ask& question);

  std::counting_semaphore<> askers_;  ///< how many more may ask: each occupies a connection of HTTP
  std::timed_mutex connection_;       ///< whoever has it may use `registry_` and the two after it
  registry::Registry registry_;
  std::chrono::steady_clock::time_point next_count_;
  std::chrono::steady_clock::duration last_count_took_ = std::chrono::hours(1);
  Metrics& metrics_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<FleetCounts> counts_;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::service
