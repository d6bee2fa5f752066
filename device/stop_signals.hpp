#pragma once

#include "device/mailbox.hpp"

#include <atomic>
#include <csignal>
#include <thread>

namespace latchkey::device {

/// Stops the mailbox at SIGTERM or SIGINT. Construct it before any other thread, so that all threads inherit
/// the blocked signals.
class StopSignals {
 public:
  explicit StopSignals(Mailbox& mailbox);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  std::atomic<bool> done_ = false;
  std::thread waiter_;
};

}  // namespace latchkey::device
