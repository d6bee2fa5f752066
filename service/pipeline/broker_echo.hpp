#pragma once

#include "mqtt/link.hpp"
#include "service/pipeline/inbox.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace latchkey::service {

/// Tells how old what arrives may be. A process that stood still, or whose connection did, goes on with
/// messages that the broker gave it long before, and nothing in them says so: many devices have no clock. So
/// ten times a second something is published that nobody reads. The broker acknowledges it on the connection
/// on which it hands over messages, in turn: what comes after the acknowledgement was handed over after the
/// publication. Where nothing is acknowledged, whatever arrives counts as new. May be used from several
/// threads.
class BrokerEcho {
 public:
  explicit BrokerEcho(std::string topic) : topic_(std::move(topic)) {}
  ~BrokerEcho() { stop(); }
  BrokerEcho(const BrokerEcho&) = delete;
  BrokerEcho& operator=(const BrokerEcho&) = delete;

  /// `link` outlives `stop`.
  void start(mqtt::Link& link);
  /// Once more does nothing.
  void stop();

  // Of the link's callbacks: quick.
  /// A new connection: its session is clean, so nothing on it is older.
  void began();
  /// False: the tag is of somebody else.
  bool delivered(std::uint64_t tag);

  /// What arrives now was not handed over before this.
  [[nodiscard]] Steady::time_point heard() const {
    return Steady::time_point(Steady::duration(heard_.load()));
  }

 private:
  static constexpr Steady::rep unknown = Steady::duration::max().count();  ///< what arrives is new
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
