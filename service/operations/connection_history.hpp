#pragma once

#include "registry/registry.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::service {

/// Records in the registry when this replica was subscribed at the broker: while no replica is, wills are
/// lost, and the registry cannot know which devices went offline (docs/decisions/0019). Thread-safe.
class ConnectionHistory {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ConnectionHistory(std::string version) : version_(std::move(version)) {}

  /// Called by the link's callbacks, so they return quickly.
  void began(Clock::time_point at);
  void ended();
  /// Writes the current connection up to `at` and the ended ones to the registry. Returns false: there is
  /// never more to do.
  [[nodiscard]] registry::Result<bool> record(registry::Registry& registry, Clock::time_point at);

 private:
  [[nodiscard]] std::vector<registry::LinkLife> take_report(Clock::time_point at);

  const std::string version_;  ///< of the service
  std::mutex mutex_;
  std::string current_;  ///< the connection's name; empty: not subscribed
  Clock::time_point began_at_;
  std::vector<std::string> ended_;  ///< ended and not recorded yet
};

}  // namespace latchkey::service
