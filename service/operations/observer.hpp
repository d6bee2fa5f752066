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

/// Counts the fleet from time to time, by a connection of its own, so that no scrape waits for the database.
/// The fleet page uses the same connection, one query at a time, so that viewers of the page take no
/// connection from the workers.
class Observer {
 public:
  Observer(registry::ConnectOptions database, Metrics& metrics);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// Asks the thread to end; running and later queries fail. The destructor waits.
  void end() noexcept;

  /// For the page; they block for a few seconds at most. A small fleet is counted again for each call; a
  /// large one shows the last count.
  [[nodiscard]] FleetView fleet();
  [[nodiscard]] std::expected<registry::DeviceHistory, std::string> history(const protocol::DeviceId& id);
  [[nodiscard]] std::expected<registry::DeviceList, std::string> devices(
      const registry::DeviceFilter& filter);

 private:
  void run();
  void count();
  void recount_if_quick();
  template <class T, class Ask>
  [[nodiscard]] std::expected<T, std::string> ask(const Ask& question);

  std::counting_semaphore<> askers_;  ///< free places for queries: each occupies an HTTP connection
  std::timed_mutex connection_;       ///< guards `registry_` and the two members after it
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
