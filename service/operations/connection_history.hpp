#pragma once

#include "registry/registry.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::service {

/// When this replica was subscribed at the broker, for the registry: while no replica is, wills are lost, and
/// who was online then is not known (docs/decisions/0019). May be used from several threads.
class ConnectionHistory {
 public:
  using Clock = std::chrono::steady_clock;

  /// Of the link's callbacks: quick.
  void began(Clock::time_point at);
  void ended();
  /// Notes the life of the connection up to `at`, and those that ended. Never more to do.
  [[nodiscard]] registry::Result<bool> note(registry::Registry& registry, Clock::time_point at);

 private:
  [[nodiscard]] std::vector<registry::LinkLife> report(Clock::time_point at);

  std::mutex mutex_;
  std::string current_;  ///< its name; empty: not subscribed
  Clock::time_point began_at_;
  std::vector<std::string> ended_;  ///< and not noted yet
};

}  // namespace latchkey::service
