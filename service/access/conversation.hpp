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
  /// `changed` is called when the connection comes or goes, on the link's thread: quick.
  [[nodiscard]] static std::expected<std::unique_ptr<Conversation>, std::string> open(
      mqtt::Options options, const std::function<void(bool up)>& changed);

  /// A reply to each command, in their order; or why there is none.
  [[nodiscard]] std::expected<std::vector<Reply>, std::string> ask(std::span<const Command> commands);
  /// Whoever waits for a reply gets none, now and from now on.
  void end();

 private:
  Conversation() = default;
  void hear(const mqtt::Delivery& delivery);

  std::mutex mutex_;
  std::condition_variable heard_;
  std::string correlation_;  ///< of the question that is open; empty: none
  std::string reply_;
  bool ended_ = false;
  std::unique_ptr<mqtt::Link> link_;  // last: its threads use all of the above
};

}  // namespace latchkey::service::access
