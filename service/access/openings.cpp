#include "service/access/openings.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace latchkey::service::access {

bool Openings::add(registry::BrokerOpening opening, std::vector<mqtt::Message> messages) {
  const auto same = std::ranges::find_if(waiting_, [&](const Waiting& one) {
    return one.opening.device_id == opening.device_id && one.opening.rights == opening.rights;
  });
  const auto of_its_kind = std::ranges::count_if(
      waiting_, [&](const Waiting& one) { return one.opening.rights == opening.rights; });
  if (same == waiting_.end() && static_cast<std::size_t>(of_its_kind) >= most_waiting) return false;
  Waiting one{std::move(opening), std::move(messages), std::chrono::steady_clock::now(), ++last_};
  if (same == waiting_.end())
    waiting_.push_back(std::move(one));
  else
    *same = std::move(one);  // keeps its place in the queue
  return true;
}

bool Openings::may_be_served(const Waiting& one) const {
  const auto served = served_.find(one.opening.device_id.text());
  return served == served_.end() || served->second < most_served;
}

bool Openings::has_next() const {
  return std::ranges::any_of(waiting_, [this](const Waiting& one) { return may_be_served(one); });
}

std::optional<Openings::Waiting> Openings::next(std::chrono::steady_clock::time_point now) {
  std::erase_if(waiting_, [&](const Waiting& one) { return now - one.since > stale_after; });
  const auto found =
      std::ranges::find_if(waiting_, [this](const Waiting& one) { return may_be_served(one); });
  if (found == waiting_.end()) return std::nullopt;
  Waiting one = std::move(*found);
  waiting_.erase(found);
  ++served_[one.opening.device_id.text()];
  return one;
}

std::deque<Openings::Waiting> Openings::take_unwanted(
    std::uint64_t until, const std::function<bool(const registry::BrokerOpening&)>& wanted) {
  const auto unwanted = std::ranges::stable_partition(
      waiting_, [&](const Waiting& one) { return one.number > until || wanted(one.opening); });
  std::deque<Waiting> taken(std::move_iterator(unwanted.begin()), std::move_iterator(unwanted.end()));
  waiting_.erase(unwanted.begin(), unwanted.end());
  return taken;
}

}  // namespace latchkey::service::access
