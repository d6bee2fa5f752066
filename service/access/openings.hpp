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

/// Answers that wait until the broker did what they tell of, at most one a device: a newer one takes the
/// place of the one before, since the device asks again and the password before has ended.
///
/// A device that asks for one password after the other leaves as many behind at the broker, until a look
/// finds them. So each device is served a few times only until `served_anew`.
class Openings {
 public:
  struct Waiting {
    registry::BrokerOpening opening;
    mqtt::Message answer;
    std::chrono::steady_clock::time_point since;
    std::uint64_t number = 0;  ///< in the order in which they came
  };

  /// False: too many wait.
  [[nodiscard]] bool add(registry::BrokerOpening opening, mqtt::Message answer);
  [[nodiscard]] bool has_next() const;
  /// The first whose device was not served too often.
  [[nodiscard]] std::optional<Waiting> next();
  /// What the devices left behind is gone.
  void served_anew() { served_.clear(); }
  /// The number of the last one that came, if any waits.
  [[nodiscard]] std::optional<std::uint64_t> last() const {
    return waiting_.empty() ? std::nullopt : std::optional(last_);
  }
  /// Takes out those up to this number that are not wanted any more.
  [[nodiscard]] std::deque<Waiting> take_unwanted(
      std::uint64_t until, const std::function<bool(const registry::BrokerOpening&)>& wanted);

  static constexpr std::size_t most_devices = 1000;
  static constexpr std::size_t most_served = 4;

 private:
  [[nodiscard]] bool may_be_served(const Waiting& one) const;

  std::deque<Waiting> waiting_;
  std::unordered_map<std::string, std::size_t> served_;  ///< by device
  std::uint64_t last_ = 0;
};

}  // namespace latchkey::service::access
