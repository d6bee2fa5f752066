#pragma once

#include "mqtt/link.hpp"
#include "registry/broker_access.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

namespace latchkey::service::access {

/// A queue of answers that wait until the broker has added their logins, and of configurations that wait
/// until it knows the device's rights: of each at most one for a device, because a newer one replaces an
/// older one. Each kind has places of its own, so that neither keeps the other out.
///
/// A device that requests many passwords leaves old logins at the broker until the next poll removes them. So
/// each device is served only a few times until `served_anew`.
class Openings {
 public:
  struct Waiting {
    registry::BrokerOpening opening;
    std::vector<mqtt::Message> messages;
    std::chrono::steady_clock::time_point since;
    std::uint64_t number = 0;  ///< ascending in the order of arrival
  };

  /// False if too many of its kind wait.
  [[nodiscard]] bool add(registry::BrokerOpening opening, std::vector<mqtt::Message> messages);
  [[nodiscard]] bool has_next() const;
  /// The first entry whose device was not served too often. Drops the entries that waited so long that their
  /// devices have asked again.
  [[nodiscard]] std::optional<Waiting> next(
      std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());
  /// Call when the left-over logins are removed: devices may be served again.
  void served_anew() { served_.clear(); }
  /// The number of the newest entry; nothing if none waits.
  [[nodiscard]] std::optional<std::uint64_t> last() const {
    return waiting_.empty() ? std::nullopt : std::optional(last_);
  }
  /// Removes and returns the entries up to number `until` that are not `wanted`.
  [[nodiscard]] std::deque<Waiting> take_unwanted(
      std::uint64_t until, const std::function<bool(const registry::BrokerOpening&)>& wanted);

  static constexpr std::size_t most_waiting = 1000;  ///< of each kind
  static constexpr std::size_t most_served = 4;
  static constexpr std::chrono::seconds stale_after{8};

 private:
  [[nodiscard]] bool may_be_served(const Waiting& one) const;

  std::deque<Waiting> waiting_;
  std::unordered_map<std::string, std::size_t> served_;  ///< by device
  std::uint64_t last_ = 0;
};

}  // namespace latchkey::service::access
