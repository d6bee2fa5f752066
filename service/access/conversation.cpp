#include "service/access/conversation.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace latchkey::service::access {
namespace {

// The plugin answers within a millisecond, or, with thousands of clients, once it has written its file.
constexpr std::chrono::seconds patience{4};
// A broker ends the connection at a message above its limit; and while it carries out a long one, nobody else
// is served.
constexpr std::size_t longest_packet = 4096;
// Topic and headers of a packet take less.
constexpr std::size_t beside_commands = 512;

}  // namespace

std::expected<std::unique_ptr<Conversation>, std::string> Conversation::open(
    mqtt::Options options, std::function<void()> up, std::function<void(std::string_view reason)> lost) {
  std::unique_ptr<Conversation> made(new Conversation);
  options.subscriptions = {reply_topic};
  Conversation* const self = made.get();
  auto link = mqtt::Link::open(std::move(options),
                               {.message = [self](const mqtt::Delivery& delivery) { self->hear(delivery); },
                                .ready =
                                    [self, up = std::move(up)] {
                                      self->stands(true);
                                      up();
                                    },
                                .lost =
                                    [self, lost = std::move(lost)](std::string_view reason) {
                                      self->stands(false);
                                      lost(reason);
                                    },
                                .delivered = {},
                                .given_up = [self](const mqtt::GivenUp& message) { self->refused(message); },
                                .limited = {}});
  if (!link) return std::unexpected(std::move(link.error()));
  made->link_ = std::move(*link);
  return made;
}

void Conversation::stands(bool up) {
  {
    const std::lock_guard lock(mutex_);
    up_ = up;
  }
  heard_.notify_all();
}

void Conversation::hear(const mqtt::Delivery& delivery) {
  const std::lock_guard lock(mutex_);
  // Replies to other replicas come here as well.
  if (correlation_.empty() || delivery.payload.find(correlation_) == std::string_view::npos) return;
  reply_ = delivery.payload;
  heard_.notify_one();
}

void Conversation::refused(const mqtt::GivenUp& message) {
  const std::lock_guard lock(mutex_);
  refusal_ = message.why;
  heard_.notify_all();
}

std::size_t Conversation::room() const {
  return std::min(longest_packet, std::max(link_->packet_limit(), beside_commands)) - beside_commands;
}

Conversation::Replies Conversation::ask(std::span<const Command> commands) {
  std::vector<Reply> all;
  while (!commands.empty()) {
    const auto count = count_fitting(commands, room());
    auto replies = ask_at_once(commands.first(count));
    if (!replies) return replies;
    std::ranges::move(*replies, std::back_inserter(all));
    commands = commands.subspan(count);
  }
  return all;
}

Conversation::Replies Conversation::ask_at_once(std::span<const Command> commands) {
  std::unique_lock lock(mutex_);
  if (!up_) return std::unexpected("there is no connection");
  if (bytes_of(commands) + beside_commands > link_->packet_limit())
    return std::unexpected("a command is larger than the packets that the broker takes");
  correlation_ = crypto::to_hex(crypto::random_bytes(most_correlation / 2));
  reply_.clear();
  refusal_.clear();
  if (!link_->publish({.topic = command_topic,
                       .payload = write_commands(correlation_, commands),
                       .content_type = {},
                       .correlation_data = {},
                       .tag = 0}))
    return std::unexpected("the connection is stuck");
  heard_.wait_for(lock, patience, [this] { return ended_ || !up_ || !refusal_.empty() || !reply_.empty(); });
  const std::string correlation = std::exchange(correlation_, {});
  if (!refusal_.empty()) return std::unexpected("the broker does not take the commands: " + refusal_);
  if (!up_) return std::unexpected("the connection ended");
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
