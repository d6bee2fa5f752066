#include "service/process/stop.hpp"

#include "base/exit_code.hpp"
#include "base/stop_signals.hpp"

#include <unistd.h>

#include <csignal>

namespace latchkey::service {
namespace {

/// The log itself may block: then SIGALRM ends the process.
[[noreturn]] void end_process(Log& log) {
  ::alarm(1);
  log.error("stopped at once: the orderly stop did not finish in time");
  ::_exit(exit_code::unavailable);
}

}  // namespace

Stop::Stop(Log& log, std::chrono::milliseconds limit) : log_(log), limit_(limit) {
  block_stop_signals();
  thread_ = std::thread([this] { run(); });
}

Stop::~Stop() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  ::pthread_kill(thread_.native_handle(), SIGINT);  // it may still wait for a signal
  thread_.join();
}

bool Stop::wait_for(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [this] { return asked_; });
}

void Stop::run() {
  const sigset_t set = stop_signals();
  int signal = 0;
  ::sigwait(&set, &signal);
  std::unique_lock lock(mutex_);
  asked_ = true;
  changed_.notify_all();
  if (!changed_.wait_for(lock, limit_, [this] { return over_; })) end_process(log_);
}

}  // namespace latchkey::service
