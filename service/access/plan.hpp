#pragma once

#include "service/access/control.hpp"

#include <deque>
#include <unordered_map>
#include <unordered_set>

namespace latchkey::service::access {

/// Commands about one device or one of its passwords, and what to record after them.
struct Step {
  /// In the order of a plan: remove what an operator ended, then left-over entries, then add logins.
  enum class Kind { urgent, left_over, lets_in };
  std::string device_id;
  Kind kind = Kind::urgent;
  Commands commands;
  std::vector<registry::AppliedAccess> then;
};

struct Plan {
  std::deque<Step> steps;
  std::vector<registry::AppliedAccess> done;  ///< needs no command
  std::size_t entries = 0;                    ///< how many of our clients the broker will have
  std::vector<std::string> risky;  ///< accounts not made by the service whose names could be a device's
  std::size_t lost = 0;            ///< logins whose master key is no longer configured
};

/// The steps from the broker's list to what the registry wants. `listed` must be read before `wanted`: every
/// login at the broker was committed earlier, so one that `wanted` does not contain has ended.
[[nodiscard]] Plan make_plan(const std::vector<BrokerClient>& listed, const registry::BrokerAccess& wanted,
                             const Logins& logins);

/// Tells whether the registry still wants an opening that was committed before `wanted` was read: an operator
/// may have ended it.
class StillWanted {
 public:
  explicit StillWanted(const registry::BrokerAccess& wanted);
  [[nodiscard]] bool operator()(const registry::BrokerOpening& opening) const;

 private:
  std::unordered_map<std::string, std::string> marks_;  ///< by user name
  std::unordered_set<std::string> denied_;
};

}  // namespace latchkey::service::access
