#include "service/pipeline/inbox.hpp"

#include <string_view>
#include <unordered_set>

namespace latchkey::service {
namespace {

std::size_t size_of(const Inbound& message) {
  return sizeof(Inbound) + message.device_id.text().size() + message.payload.size() +
         message.correlation_data.size();
}

}  // namespace

bool Inbox::push(Inbound&& message) {
  const std::size_t size = size_of(message);
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || bytes_ + size > max_bytes_) return false;
    bytes_ += size;
    waiting_.push_back(std::move(message));
  }
  changed_.notify_one();
  return true;
}

std::vector<Inbound> Inbox::take(std::size_t most) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
  std::vector<Inbound> batch;
  batch.reserve(std::min(most, waiting_.size()));  // no reallocation: the views below stay good
  std::unordered_set<std::string_view> devices;
  while (batch.size() < most && !waiting_.empty()) {
    if (devices.contains(waiting_.front().device_id.text())) break;
    bytes_ -= size_of(waiting_.front());
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    devices.insert(batch.back().device_id.text());
  }
  return batch;
}

void Inbox::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
}

}  // namespace latchkey::service
