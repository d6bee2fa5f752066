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
  {
    const std::lock_guard lock(mutex_);
    const auto found = on_their_way_.extract(tag);
    if (found.empty()) return;
    sent_.push_back(std::move(found.mapped()));
  }
  changed_.notify_one();
}

std::vector<registry::Sent> SentLog::take(Steady::time_point until) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [&] { return closed_ || !sent_.empty(); });
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
