#pragma once

#include "mqtt/link.hpp"
#include "service/pipeline/inbox.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace latchkey::service {

/// Limits the age of incoming messages. A process that was stopped, or whose connection stalled, later
/// receives old messages, which carry no time: many devices have no clock. So this publishes a message, which
/// nobody reads, ten times a second. The broker sends acknowledgements and messages on one connection in
/// order: a message that arrives after the acknowledgement was sent after the publication. Without
/// acknowledgements every message counts as new. Thread-safe.
class BrokerEcho {
 public:
  explicit BrokerEcho(std::string topic) : topic_(std::move(topic)) {}
  ~BrokerEcho() { stop(); }
  BrokerEcho(const BrokerEcho&) = delete;
  BrokerEcho& operator=(const BrokerEcho&) = delete;

  /// `link` must outlive `stop`.
  void start(mqtt::Link& link);
  /// A second call does nothing.
  void stop();

  // Called by the link's callbacks, so they return quickly.
  /// A new connection began. Its session is clean, so no message on it is older.
  void began();
  /// False if the tag is not from this class.
  bool delivered(std::uint64_t tag);

  /// The earliest time at which the broker can have sent a message that arrives now.
  [[nodiscard]] Steady::time_point heard() const {
    return Steady::time_point(Steady::duration(heard_.load()));
  }

 private:
  static constexpr Steady::rep unknown = Steady::duration::max().count();  ///< every message counts as new
  void run(mqtt::Link& link);

  const std::string topic_;
  std::atomic<Steady::rep> began_{0};
  std::atomic<Steady::rep> heard_{unknown};
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace latchkey::service
