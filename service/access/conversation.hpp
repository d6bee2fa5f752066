#pragma once

#include "mqtt/link.hpp"
#include "service/access/control.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace latchkey::service::access {

/// A connection to the broker on which commands are said and replies awaited, one message at a time. `ask` is
/// for one thread.
class Conversation {
 public:
  using Replies = std::expected<std::vector<Reply>, std::string>;

  /// `up` is called when the connection stands, `lost` when it ended or could not be made; on the link's
  /// thread: quick.
  [[nodiscard]] static std::expected<std::unique_ptr<Conversation>, std::string> open(
      mqtt::Options options, std::function<void()> up, std::function<void(std::string_view reason)> lost);

  /// A reply to each command, in their order; or why there is none. In as many messages as it takes.
  [[nodiscard]] Replies ask(std::span<const Command> commands);
  /// How large a message may be.
  [[nodiscard]] std::size_t room() const;
  /// Whoever waits for a reply gets none, now and from now on.
  void end();

 private:
  Conversation() = default;
  void hear(const mqtt::Delivery& delivery);
  void stands(bool up);
  void refused(const mqtt::GivenUp& message);
  [[nodiscard]] Replies ask_at_once(std::span<const Command> commands);

  std::mutex mutex_;
  std::condition_variable heard_;
  std::string correlation_;  ///< of the question that is open; empty: none
  std::string reply_;
  std::string refusal_;  ///< why the broker did not take the question; empty: it did, or has not said yet
  bool up_ = false;
  bool ended_ = false;
  std::unique_ptr<mqtt::Link> link_;  // last: its threads use all of the above
};

}  // namespace latchkey::service::access
