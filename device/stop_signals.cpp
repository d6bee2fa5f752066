#include "device/stop_signals.hpp"

#include "base/stop_signals.hpp"

#include <pthread.h>

namespace latchkey::device {
StopSignals::StopSignals(Mailbox& mailbox) {
  block_stop_signals();
  waiter_ = std::thread([this, &mailbox, set = stop_signals()] {
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
