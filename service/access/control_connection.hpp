#pragma once

#include "mqtt/link.hpp"

#include <condition_variable>
#include <mutex>
#include <vector>

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

/// A message to a plugin. It contains the correlation, and so does the reply.
struct Question {
  std::string correlation;
  std::string text;
};

/// A connection to the broker that sends messages to a plugin and waits for their replies. Call `ask` from
/// one thread only.
class ControlConnection {
 public:
  /// In the order of the questions; the error says why one is missing.
  using Replies = std::expected<std::vector<std::string>, std::string>;

  /// Calls `up` when connected and `lost` when the connection ended or failed, on the link's thread: they
  /// must return quickly.
  [[nodiscard]] static std::expected<std::unique_ptr<ControlConnection>, std::string> open(
      mqtt::Options options, const ControlPlugin& plugin, std::function<void()> up,
      std::function<void(std::string_view reason)> lost);

  /// Sends the messages, one after the other without waiting between them.
  [[nodiscard]] Replies ask(std::vector<Question> questions);
  /// The largest message, in bytes.
  [[nodiscard]] std::size_t message_limit() const;
  /// Makes a waiting `ask` and all later ones fail.
  void end();

 private:
  explicit ControlConnection(const ControlPlugin& plugin) : plugin_(plugin) {}
  void on_message(const mqtt::Delivery& delivery);
  void set_up(bool up);
  void refused(const mqtt::GivenUp& message);
  [[nodiscard]] std::expected<void, std::string> send(std::vector<Question>& questions);

  struct Awaited {
    std::string correlation;
    std::string reply;  ///< empty: not there yet
  };

  const ControlPlugin plugin_;
  std::mutex mutex_;
  std::condition_variable replied_;
  std::vector<Awaited> awaited_;
  std::string refusal_;  ///< why the broker refused a message; empty: it did not so far
  bool up_ = false;
  bool ended_ = false;
  std::unique_ptr<mqtt::Link> link_;  // last: its threads use all of the above
};

}  // namespace latchkey::service::access
