#pragma once

#include "service/access/control.hpp"

#include <deque>
#include <unordered_map>
#include <unordered_set>

namespace latchkey::service::access {

/// What has to be said to the broker about one device or one of its passwords, and what is true after that.
struct Step {
  /// In the order of a plan: what an operator ended is taken away, then what is left over, then who has a
  /// password is let in.
  enum class Kind { urgent, left_over, lets_in };
  std::string device_id;
  Kind kind = Kind::urgent;
  Commands commands;
  std::vector<registry::AppliedAccess> then;
};

struct Plan {
  std::deque<Step> steps;
  std::vector<registry::AppliedAccess> done;  ///< needs nothing more
  std::size_t entries = 0;                    ///< clients of ours that the broker will have
  std::vector<std::string> risky;             ///< accounts of others that are called as a device could be
  std::size_t lost = 0;                       ///< logins whose master key is gone
};

/// The differences between what the broker has and what the registry says. `listed` must be older than
/// `wanted`: whatever is at the broker was committed before, so what `wanted` does not know has ended.
[[nodiscard]] Plan make_plan(const std::vector<BrokerClient>& listed, const registry::BrokerAccess& wanted,
                             const Logins& logins);

/// Says which openings, committed before `wanted` was read, the registry still wants: an operator may have
/// ended what they open since.
class StillWanted {
 public:
  explicit StillWanted(const registry::BrokerAccess& wanted);
  [[nodiscard]] bool operator()(const registry::BrokerOpening& opening) const;

 private:
  std::unordered_map<std::string, std::string> marks_;  ///< by user name
  std::unordered_set<std::string> denied_;
};

}  // namespace latchkey::service::access
