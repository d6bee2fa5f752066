#include "service/pipeline/inbox.hpp"

#include "crypto/secret.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_set>

namespace latchkey::service {
namespace {

// A device has one open request and repeats it every few seconds; a broker may deliver several repeats at
// once.
constexpr int most_of_a_device = 32;
// Each has an address and correlation data, which the intake limits: less than 1.5 MiB in total.
constexpr std::size_t most_shed = 1000;

std::size_t size_of(const Inbound& message) {
  return sizeof(Inbound) + message.device_id.text().size() + message.payload.size() +
         message.correlation_data.size();
}

}  // namespace

void Inbound::drop_payload() {
  crypto::wipe(payload);
  std::string().swap(payload);  // an assignment would keep the capacity
}

Admission Inbox::push(Inbound&& message) {
  Admission admission{};
  {
    const std::lock_guard lock(mutex_);
    admission = admit(std::move(message));
  }
  if (admission != Admission::dropped) changed_.notify_one();
  return admission;
}

Admission Inbox::admit(Inbound&& message) {
  const std::size_t size = size_of(message);
  if (closed_) return Admission::dropped;
  if (bytes_ + size <= max_bytes_ && waiting_of_[message.device_id.text()] < most_of_a_device) {
    ++waiting_of_[message.device_id.text()];
    bytes_ += size;
    waiting_.push_back(std::move(message));
    return Admission::taken;
  }
  if (message.channel != protocol::Channel::request || shed_.size() == most_shed) return Admission::dropped;
  message.drop_payload();
  message.shed = true;
  shed_.push_back(std::move(message));
  return Admission::shed;
}

bool Inbox::wait(Steady::time_point until) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, until, [&] { return closed_ || !waiting_.empty() || !shed_.empty(); });
}

std::vector<Inbound> Inbox::take(std::size_t most) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || !waiting_.empty() || !shed_.empty(); });
  std::vector<Inbound> batch;
  std::deque<Inbound> later;
  std::unordered_set<std::string> devices;
  while (batch.size() < most && !waiting_.empty()) {
    // A batch may contain several requests of one device, so that a flood does not need a batch for each.
    const bool is_request = waiting_.front().channel == protocol::Channel::request;
    if (is_request || devices.insert(waiting_.front().device_id.text()).second) {
      forget(waiting_.front());
      batch.push_back(std::move(waiting_.front()));
    } else {
      later.push_back(std::move(waiting_.front()));
    }
    waiting_.pop_front();
  }
  std::move(later.rbegin(), later.rend(), std::front_inserter(waiting_));
  std::move(shed_.begin(), shed_.end(), std::back_inserter(batch));
  shed_.clear();
  if (waiting_.empty()) emptied_.notify_all();
  return batch;
}

void Inbox::forget(const Inbound& message) {
  bytes_ -= size_of(message);
  const auto of_device = waiting_of_.find(message.device_id.text());
  if (--of_device->second == 0) waiting_of_.erase(of_device);
}

Inbox::Level Inbox::level() {
  const std::lock_guard lock(mutex_);
  return {waiting_.size() + shed_.size(), bytes_};
}

bool Inbox::drain(Steady::time_point deadline) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_until(lock, deadline, [&] { return waiting_.empty() && shed_.empty(); });
}

void Inbox::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
    shed_.clear();
  }
  changed_.notify_all();
}

}  // namespace latchkey::service
