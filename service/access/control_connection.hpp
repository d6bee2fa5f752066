#pragma once

#include "mqtt/link.hpp"

#include <condition_variable>
#include <mutex>

namespace latchkey::service::access {

/// A plugin of the broker that is commanded by messages.
struct ControlPlugin {
  const char* command_topic;
  const char* reply_topic;
  const char* if_silent;  ///< what to check if there is no reply
};

/// The longest correlation value, in characters.
inline constexpr std::size_t most_correlation = 24;
/// A value that no other message has.
[[nodiscard]] std::string new_correlation();

/// A connection to the broker that sends messages to a plugin and waits for the reply to each, one at a time.
/// Call `ask` from one thread only.
class ControlConnection {
 public:
  using Reply = std::expected<std::string, std::string>;

  /// Calls `up` when connected and `lost` when the connection ended or failed, on the link's thread: they
  /// must return quickly.
  [[nodiscard]] static std::expected<std::unique_ptr<ControlConnection>, std::string> open(
      mqtt::Options options, const ControlPlugin& plugin, std::function<void()> up,
      std::function<void(std::string_view reason)> lost);

  /// Sends the message, which contains `correlation`, and returns the first one that contains it too; the
  /// error says why there is none.
  [[nodiscard]] Reply ask(std::string correlation, std::string message);
  /// The largest message, in bytes.
  [[nodiscard]] std::size_t message_limit() const;
  /// Makes a waiting `ask` and all later ones fail.
  void end();

 private:
  explicit ControlConnection(const ControlPlugin& plugin) : plugin_(plugin) {}
  void on_message(const mqtt::Delivery& delivery);
  void set_up(bool up);
  void refused(const mqtt::GivenUp& message);

  const ControlPlugin plugin_;
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
