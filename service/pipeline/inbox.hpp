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

// A device repeats a message within seconds, so a message older than this has been repeated already.
constexpr std::chrono::seconds stale_after{10};

/// A received message: its topic is parsed, its payload is not.
struct Inbound {
  protocol::Channel channel;
  protocol::DeviceId device_id;
  std::string payload;
  std::string correlation_data;
  Steady::time_point received;
  bool shed = false;  ///< the inbox was full: the payload is dropped, the answer is `retry`
  /// The broker sent it no earlier than this, if known (BrokerEcho).
  Steady::time_point not_before = Steady::time_point::max();
  bool is_unfit = false;  ///< no message: the broker asked about a device whose id it cannot carry

  /// The earliest time at which the broker can have sent it.
  [[nodiscard]] Steady::time_point handed_over() const { return std::min(received, not_before); }

  /// Wipes the payload, which may contain a token, and frees its memory.
  void drop_payload();
};

enum class Admission {
  taken,
  shed,     ///< full, in total or for this device: a request's payload is dropped, and the answer is `retry`
  dropped,  ///< without an answer: a status, or too many are shed already, or it is
            ///< closed
};

/// The queue of one worker, limited in bytes, and in messages for each device, so that a flooding device
/// cannot fill it. Shed messages are limited in number. The link's callback pushes without blocking; the
/// worker takes batches.
class Inbox {
 public:
  explicit Inbox(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  [[nodiscard]] Admission push(Inbound&& message);
  /// Waits until a message is there or the inbox is closed; false if neither happens before `until`.
  [[nodiscard]] bool wait(Steady::time_point until);
  /// Waits for messages, then takes up to `most`, with at most one status of each device; others stay, in
  /// order, for the next batch. Shed messages come in addition. Empty when the inbox is closed.
  [[nodiscard]] std::vector<Inbound> take(std::size_t most);
  struct Level {
    std::size_t messages = 0;
    std::size_t bytes = 0;
  };
  /// What is queued now.
  [[nodiscard]] Level level();
  /// Waits until the queue is empty; false at `deadline`.
  [[nodiscard]] bool drain(Steady::time_point deadline);
  /// Drops the queue and accepts no more: devices repeat unanswered messages.
  void close();

 private:
  [[nodiscard]] Admission admit(Inbound&& message);
  /// Subtracts the message from the counts.
  void forget(const Inbound& message);

  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable emptied_;
  std::deque<Inbound> waiting_;
  std::unordered_map<std::string, int> waiting_of_;  ///< the number of queued messages by device
  std::vector<Inbound> shed_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace latchkey::service
