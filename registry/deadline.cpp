#include "registry/deadline.hpp"

#include <sys/socket.h>

namespace latchkey::registry {

Deadline::~Deadline() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Deadline::Watch::Watch(Deadline& deadline, int socket) : deadline_(deadline) {
  deadline_.watch(socket);
}
Deadline::Watch::~Watch() {
  deadline_.watch(none);
}

void Deadline::give_up() noexcept {
  const std::lock_guard lock(mutex_);
  given_up_ = true;
  if (socket_ != none) ::shutdown(socket_, SHUT_RDWR);
}

void Deadline::watch(int socket) {
  const std::lock_guard lock(mutex_);
  if (given_up_ && socket != none) ::shutdown(socket, SHUT_RDWR);
  const bool idle = socket_ == none && socket != none;
  socket_ = socket;
  until_ = std::chrono::steady_clock::now() + limit_;
  // A thread that waits for an earlier deadline finds the new one when that passes: no wake-up for every
  // call.
  if (idle && !armed_) changed_.notify_one();
}

void Deadline::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    armed_ = socket_ != none;
    if (!armed_) {
      changed_.wait(lock);
    } else if (std::chrono::steady_clock::now() < until_) {
      const auto until = until_;
      changed_.wait_until(lock, until);
    } else {
      ::shutdown(socket_, SHUT_RDWR);
      socket_ = none;
    }
  }
}

}  // namespace latchkey::registry
