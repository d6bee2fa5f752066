#include "service/pipeline/sent_log.hpp"

#include <iterator>
#include <utility>

namespace latchkey::service {

std::uint64_t SentLog::expect(registry::Sent sent) {
  const std::lock_guard lock(mutex_);
  if (on_their_way_.size() + sent_.size() >= limit_) {
    if (on_their_way_.empty()) return 0;
    on_their_way_.erase(on_their_way_.begin());
  }
  on_their_way_.emplace(next_tag_, std::move(sent));
  return next_tag_++;
}

void SentLog::delivered(std::uint64_t tag) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = on_their_way_.extract(tag);
    if (found.empty()) return;
    first = sent_.empty();
    sent_.push_back(std::move(found.mapped()));
  }
  if (first) changed_.notify_one();  // a waiting `take` needs only one wake-up
}

void SentLog::given_up(std::uint64_t tag, registry::Undelivered message) {
  {
    const std::lock_guard lock(mutex_);
    on_their_way_.erase(tag);
    if (undelivered_.size() < most_undelivered || undelivered_.contains(message.device_id))
      undelivered_[std::move(message.device_id)] = {std::move(message.what), Steady::now()};
  }
  changed_.notify_one();
}

std::vector<registry::Undelivered> SentLog::take_undelivered() {
  const std::lock_guard lock(mutex_);
  std::vector<registry::Undelivered> taken;
  for (auto& [device_id, message] : std::exchange(undelivered_, {}))
    taken.push_back({device_id, std::move(message.what),
                     std::chrono::floor<std::chrono::milliseconds>(Steady::now() - message.at)});
  return taken;
}

std::vector<registry::Sent> SentLog::take(Steady::time_point until, Steady::duration gather) {
  std::unique_lock lock(mutex_);
  const auto anything = [&] { return !sent_.empty() || !undelivered_.empty(); };
  changed_.wait_until(lock, until, [&] { return closed_ || anything(); });
  if (anything()) changed_.wait_for(lock, gather, [&] { return closed_; });
  return std::exchange(sent_, {});
}

void SentLog::put_back(std::vector<registry::Sent> sent) {
  const std::lock_guard lock(mutex_);
  sent_.insert(sent_.end(), std::make_move_iterator(sent.begin()), std::make_move_iterator(sent.end()));
}

void SentLog::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

bool SentLog::closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace latchkey::service
