#include "device/stop_signals.hpp"

#include "base/stop_signals.hpp"

#include <pthread.h>

namespace latchkey::device {
StopSignals::StopSignals(Mailbox& mailbox) {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::thread([this, &mailbox, set] {
    int number = 0;
    while (sigwait(&set, &number) == 0 && !done_)
      mailbox.stop();
  });
}

StopSignals::~StopSignals() {
  done_ = true;
  pthread_kill(waiter_.native_handle(), SIGINT);
  waiter_.join();
}

}  // namespace latchkey::device
