#pragma once

#include "mqtt/link.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

namespace latchkey::device {

/// An event of a link, or the request to stop.
struct Event {
  enum class Kind { ready, lost, message, refused, stop };
  Kind kind;
  std::string topic;    ///< message; refused: the topic or the filter
  std::string payload;  ///< message; lost, refused: the reason
};

/// Passes events in order from a link's threads to the thread that runs the device. It must outlive every
/// link that uses its handlers.
class Mailbox {
 public:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] mqtt::Handlers handlers();
  /// The next event, or nothing when `deadline` passed first.
  [[nodiscard]] std::optional<Event> wait_until(Clock::time_point deadline);
  /// Drops the events of an earlier link, so that they are not taken for the next link's.
  void clear();

  /// Asks the device to stop: from now on every event is `stop`. Thread-safe.
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
