#include "registry/precedence.hpp"

namespace latchkey::registry {

void Precedence::add_missing() {
  const std::lock_guard lock(mutex_);
  ++lacking_;
}

void Precedence::remove_missing() {
  {
    const std::lock_guard lock(mutex_);
    --lacking_;
  }
  changed_.notify_all();
}

bool Precedence::others_may() {
  const std::lock_guard lock(mutex_);
  return lacking_ == 0;
}

bool Precedence::await(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [this] { return lacking_ == 0; });
}

}  // namespace latchkey::registry
