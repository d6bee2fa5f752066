#pragma once

#include "mqtt/link.hpp"
#include "service/access/control.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace latchkey::service::access {

/// A connection to the broker that sends commands and waits for their replies, one message at a time. Call
/// `execute` from one thread only.
class ControlConnection {
 public:
  using Replies = std::expected<std::vector<Reply>, std::string>;

  /// Calls `up` when connected and `lost` when the connection ended or failed, on the link's thread: they
  /// must return quickly.
  [[nodiscard]] static std::expected<std::unique_ptr<ControlConnection>, std::string> open(
      mqtt::Options options, std::function<void()> up, std::function<void(std::string_view reason)> lost);

  /// Sends the commands, in as many messages as needed, and returns a reply to each, in order; the error says
  /// why there is none.
  [[nodiscard]] Replies execute(std::span<const Command> commands);
  /// The largest message, in bytes.
  [[nodiscard]] std::size_t message_limit() const;
  /// Makes a waiting `execute` and all later ones fail.
  void end();

 private:
  ControlConnection() = default;
  void on_message(const mqtt::Delivery& delivery);
  void set_up(bool up);
  void refused(const mqtt::GivenUp& message);
  [[nodiscard]] Replies execute_in_one_message(std::span<const Command> commands);

  std::mutex mutex_;
  std::condition_variable replied_;
  std::string correlation_;  ///< of the message that awaits its reply; empty: none
  std::string reply_;
  std::string refusal_;  ///< why the broker refused the message; empty: not refused so far
  bool up_ = false;
  bool ended_ = false;
  std::unique_ptr<mqtt::Link> link_;  // last: its threads use all of the above
};

}  // namespace latchkey::service::access
