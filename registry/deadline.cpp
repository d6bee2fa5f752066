#include "registry/deadline.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace latchkey::registry {

Deadline::~Deadline() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Deadline::Watch::Watch(Deadline& deadline, int socket, std::chrono::milliseconds limit)
    : deadline_(deadline) {
  deadline_.watch(socket, Clock::now() + limit);
}
Deadline::Watch::~Watch() {
  deadline_.watch(none, {});
}

bool Deadline::Watch::passed() const noexcept {
  const std::lock_guard lock(deadline_.mutex_);
  return deadline_.passed_;
}

void Deadline::expire(std::chrono::milliseconds after) noexcept {
  {
    const std::lock_guard lock(mutex_);
    last_ = std::min(last_, Clock::now() + after);
    if (last_ <= Clock::now()) shut_down();
  }
  changed_.notify_one();
}

bool Deadline::has_expired() noexcept {
  const std::lock_guard lock(mutex_);
  return last_ <= Clock::now();
}

void Deadline::watch(int socket, Clock::time_point until) {
  const std::lock_guard lock(mutex_);
  socket_ = socket;
  if (socket == none) return;
  passed_ = false;
  until_ = until;
  if (last_ <= Clock::now()) return shut_down();
  // Wake the thread only if it would wake too late: this avoids a wake-up for each call.
  if (std::min(until_, last_) < alarm_) changed_.notify_one();
}

void Deadline::shut_down() noexcept {
  if (socket_ == none) return;
  ::shutdown(socket_, SHUT_RDWR);
  socket_ = none;
  passed_ = true;
}

void Deadline::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (socket_ == none) {
      alarm_ = Clock::time_point::max();
      changed_.wait(lock);
    } else if (const auto end = std::min(until_, last_); Clock::now() < end) {
      alarm_ = end;
      changed_.wait_until(lock, end);
    } else {
      shut_down();
    }
  }
}

}  // namespace latchkey::registry
