#include "service/operations/connection_history.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "registry/housekeeping.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::service {

void ConnectionHistory::began(Clock::time_point at) {
  const std::lock_guard lock(mutex_);
  if (!current_.empty()) ended_.push_back(std::move(current_));
  current_ = crypto::to_hex(crypto::random_bytes(16));
  began_at_ = at;
}

void ConnectionHistory::ended() {
  const std::lock_guard lock(mutex_);
  if (!current_.empty()) ended_.push_back(std::exchange(current_, {}));
}

std::vector<registry::LinkLife> ConnectionHistory::take_report(Clock::time_point at) {
  const std::lock_guard lock(mutex_);
  std::vector<registry::LinkLife> lives;
  lives.reserve(ended_.size() + 1);
  for (const std::string& name : ended_)
    lives.push_back({name, {}, true, {}});
  if (!current_.empty())
    lives.push_back(
        {current_, std::chrono::duration_cast<std::chrono::milliseconds>(at - began_at_), false, version_});
  return lives;
}

registry::Result<bool> ConnectionHistory::record(registry::Registry& registry, Clock::time_point at) {
  const auto lives = take_report(at);
  if (lives.empty()) return false;
  if (auto recorded = registry::record_links(registry, lives); !recorded)
    return std::unexpected(std::move(recorded.error()));
  const std::lock_guard lock(mutex_);
  std::erase_if(ended_, [&](const std::string& name) {
    return std::ranges::any_of(lives, [&](const auto& life) { return life.lost && life.name == name; });
  });
  return false;
}

}  // namespace latchkey::service
