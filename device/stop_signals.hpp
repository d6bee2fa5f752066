#pragma once

#include "device/mailbox.hpp"

#include <atomic>
#include <csignal>
#include <thread>

namespace latchkey::device {

/// While it lives, SIGTERM and SIGINT end the device in an orderly way: they stop its mailbox. Made before
/// any other thread is started, which then leaves the signals to this one.
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
