#include "base/stop_signals.hpp"

namespace latchkey {

sigset_t stop_signals() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

void block_stop_signals() noexcept {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool wait_for_stop_signal(std::chrono::seconds limit) noexcept {
  const sigset_t set = stop_signals();
  const timespec time{.tv_sec = limit.count(), .tv_nsec = 0};
  return sigtimedwait(&set, nullptr, &time) > 0;
}

}  // namespace latchkey
