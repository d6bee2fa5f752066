#pragma once

#include "protocol/topics.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::service {

using Steady = std::chrono::steady_clock;

/// A message as the link took it in: addressed, not read.
struct Inbound {
  protocol::Channel channel;
  protocol::DeviceId device_id;
  std::string payload;
  std::string correlation_data;
  Steady::time_point received;
};

/// One worker's queue, bounded in bytes. The link's callback puts in and never waits; the worker takes what
/// is there.
class Inbox {
 public:
  explicit Inbox(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// False when it is full or closed: the message is not taken.
  [[nodiscard]] bool push(Inbound&& message);
  /// Waits until there is something, then takes up to `most` in order, stopping before a device's second
  /// message: a batch holds a device once. Empty when the inbox is closed.
  [[nodiscard]] std::vector<Inbound> take(std::size_t most);
  /// No more in or out; what waits is dropped: a device repeats what was not answered.
  void close();

 private:
  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Inbound> waiting_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace latchkey::service
