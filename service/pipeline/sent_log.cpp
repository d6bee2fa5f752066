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
  if (first) changed_.notify_one();  // whoever gathers needs no further call
}

std::vector<registry::Sent> SentLog::take(Steady::time_point until, Steady::duration gather) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [&] { return closed_ || !sent_.empty(); });
  if (!sent_.empty()) changed_.wait_for(lock, gather, [&] { return closed_; });
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
