#pragma once

#include "mqtt/link.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

// Private to this folder.
namespace latchkey::service {

/// A connection to the broker that is opened to see whether it comes to stand, and when it ends.
class WatchedConnection {
 public:
  using Clock = std::chrono::steady_clock;

  explicit WatchedConnection(mqtt::Options options);

  /// When it came to stand; nothing if it did not within eight seconds.
  [[nodiscard]] std::optional<Clock::time_point> await_begin();
  /// When it ended for the first time; nothing if it stood until then.
  [[nodiscard]] std::optional<Clock::time_point> await_end(Clock::time_point until);
  /// Why it ended, or could not be opened; empty if neither is known.
  [[nodiscard]] std::string why();
  /// What the broker demanded when it came to stand (MQTT 5).
  [[nodiscard]] std::optional<std::chrono::seconds> server_keep_alive() const {
    return link_->server_keep_alive();
  }

 private:
  void on_ready();
  void on_lost(std::string_view reason);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Clock::time_point> began_;
  std::optional<Clock::time_point> ended_;
  std::string why_;
  std::unique_ptr<mqtt::Link> link_;  // last: its handlers use the members above
};

}  // namespace latchkey::service
