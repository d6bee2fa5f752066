#pragma once

#include "protocol/topics.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace latchkey::service {

using Steady = std::chrono::steady_clock;

// A device repeats within seconds; what is older than this has been said again, and only adds to the load.
constexpr std::chrono::seconds stale_after{10};

/// A message as the link took it in: addressed, not read.
struct Inbound {
  protocol::Channel channel;
  protocol::DeviceId device_id;
  std::string payload;
  std::string correlation_data;
  Steady::time_point received;
  bool shed = false;  ///< the inbox was full: only to be told to come back, the payload is gone
  /// When the broker cannot have handed it over yet, where that is known (BrokerEcho).
  Steady::time_point not_before = Steady::time_point::max();

  /// It was handed over no earlier than this.
  [[nodiscard]] Steady::time_point handed_over() const { return std::min(received, not_before); }

  /// Wipes it, for there may be a token in it, and gives its memory back.
  void drop_payload();
};

enum class Admission {
  taken,
  shed,  ///< full, for all or for this device: a request's payload is dropped, it is to be answered `retry`
  dropped,  ///< not even that: a status, so many shed already that more would be work instead of less, or
            ///< closed
};

/// One worker's queue, bounded in bytes, and for each device in messages, so that one that floods does not
/// fill it. What is shed is bounded in number: each has lost its payload. The link's callback puts in and
/// never waits; the worker takes what is there.
class Inbox {
 public:
  explicit Inbox(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  [[nodiscard]] Admission push(Inbound&& message);
  /// Waits until there is something to take, or the inbox is closed; false when there was nothing `until`
  /// then.
  [[nodiscard]] bool wait(Steady::time_point until);
  /// Waits until there is something, then takes up to `most`, each device's statuses once: further ones wait
  /// for the next batch, in their order. What was shed comes along beyond that number. Empty when the inbox
  /// is closed.
  [[nodiscard]] std::vector<Inbound> take(std::size_t most);
  struct Level {
    std::size_t messages = 0;
    std::size_t bytes = 0;
  };
  /// What waits now.
  [[nodiscard]] Level level();
  /// Waits until all that waits was taken; false when that took until `deadline`.
  [[nodiscard]] bool drain(Steady::time_point deadline);
  /// No more in or out; what waits is dropped: a device repeats what was not answered.
  void close();

 private:
  [[nodiscard]] Admission admit(Inbound&& message);
  /// Takes it off the counts.
  void forget(const Inbound& message);

  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable emptied_;
  std::deque<Inbound> waiting_;
  std::unordered_map<std::string, int> waiting_of_;  ///< how many of each device that has any
  std::vector<Inbound> shed_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace latchkey::service
