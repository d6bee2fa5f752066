#include "service/access/conversation.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"

#include <utility>

namespace latchkey::service::access {
namespace {

// The plugin answers within a millisecond, or, with thousands of clients, once it has written its file.
constexpr std::chrono::seconds patience{4};

}  // namespace

std::expected<std::unique_ptr<Conversation>, std::string> Conversation::open(
    mqtt::Options options, const std::function<void(bool up)>& changed) {
  std::unique_ptr<Conversation> made(new Conversation);
  options.subscriptions = {reply_topic};
  Conversation* const self = made.get();
  auto link = mqtt::Link::open(std::move(options),
                               {.message = [self](const mqtt::Delivery& delivery) { self->hear(delivery); },
                                .ready = [changed] { changed(true); },
                                .lost = [changed](std::string_view) { changed(false); },
                                .delivered = {}});
  if (!link) return std::unexpected(std::move(link.error()));
  made->link_ = std::move(*link);
  return made;
}

void Conversation::hear(const mqtt::Delivery& delivery) {
  const std::lock_guard lock(mutex_);
  // Replies to other replicas come here as well.
  if (correlation_.empty() || delivery.payload.find(correlation_) == std::string_view::npos) return;
  reply_ = delivery.payload;
  heard_.notify_one();
}

std::expected<std::vector<Reply>, std::string> Conversation::ask(std::span<const Command> commands) {
  std::unique_lock lock(mutex_);
  correlation_ = crypto::to_hex(crypto::random_bytes(12));
  reply_.clear();
  if (!link_->publish({.topic = command_topic,
                       .payload = write_commands(correlation_, commands),
                       .content_type = {},
                       .correlation_data = {},
                       .tag = 0}))
    return std::unexpected("the connection is stuck");
  heard_.wait_for(lock, patience, [this] { return ended_ || !reply_.empty(); });
  const std::string correlation = std::exchange(correlation_, {});
  if (reply_.empty())
    return std::unexpected(
        "no reply: is the plugin dynamic-security loaded, and may the account write to $CONTROL?");
  auto replies = read_replies(correlation, reply_);
  if (!replies || replies->size() != commands.size()) return std::unexpected("a reply that is none");
  return *std::move(replies);
}

void Conversation::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  heard_.notify_all();
}

}  // namespace latchkey::service::access
