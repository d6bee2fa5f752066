#pragma once

#include "mqtt/link.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

namespace latchkey::device {

/// Something that a link reported, or that the device is to end.
struct Event {
  enum class Kind { ready, lost, message, stop };
  Kind kind;
  std::string topic;    ///< message
  std::string payload;  ///< message; lost: the reason
};

/// Carries what a link's threads report to the one thread that runs the device, in order. It outlives every
/// link whose handlers it gave.
class Mailbox {
 public:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] mqtt::Handlers handlers();
  /// The next event, or nothing when `deadline` passed first.
  [[nodiscard]] std::optional<Event> wait_until(Clock::time_point deadline);
  /// Drops what a link reported that is gone by now, so that nobody takes it for the next one's.
  void clear();

  /// From any thread: the device is to end. From now on every event is `stop`.
  void stop();
  [[nodiscard]] bool stopped() const;

 private:
  void put(Event event);

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Event> events_;
  bool stopped_ = false;
};

}  // namespace latchkey::device
