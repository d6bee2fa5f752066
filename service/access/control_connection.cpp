#include "service/access/control_connection.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::service::access {
namespace {

// A plugin answers within a millisecond; dynamic-security, with thousands of clients, after it has written
// its file.
constexpr std::chrono::seconds patience{4};
// A broker ends the connection at a message above its limit, and serves no other client while it executes a
// long one.
constexpr std::size_t longest_packet = 4096;
// An upper bound for the topic and the headers of a packet.
constexpr std::size_t beside_message = 512;

}  // namespace

std::string new_correlation() {
  return crypto::to_hex(crypto::random_bytes(most_correlation / 2));
}

std::expected<std::unique_ptr<ControlConnection>, std::string> ControlConnection::open(
    mqtt::Options options, const ControlPlugin& plugin, std::function<void()> up,
    std::function<void(std::string_view reason)> lost) {
  std::unique_ptr<ControlConnection> made(new ControlConnection(plugin));
  options.subscriptions = {plugin.reply_topic};
  ControlConnection* const self = made.get();
  auto link = mqtt::Link::open(
      std::move(options), {.message = [self](const mqtt::Delivery& delivery) { self->on_message(delivery); },
                           .ready =
                               [self, up = std::move(up)] {
                                 self->set_up(true);
                                 up();
                               },
                           .lost =
                               [self, lost = std::move(lost)](std::string_view reason) {
                                 self->set_up(false);
                                 lost(reason);
                               },
                           .delivered = {},
                           .given_up = [self](const mqtt::GivenUp& message) { self->refused(message); },
                           .limited = {},
                           .not_subscribed = {}});
  if (!link) return std::unexpected(std::move(link.error()));
  made->link_ = std::move(*link);
  return made;
}

void ControlConnection::set_up(bool up) {
  {
    const std::lock_guard lock(mutex_);
    up_ = up;
  }
  replied_.notify_all();
}

void ControlConnection::on_message(const mqtt::Delivery& delivery) {
  const std::lock_guard lock(mutex_);
  // Replies to other replicas arrive here too.
  const auto found = std::ranges::find_if(
      awaited_, [&](const Awaited& one) { return delivery.payload.contains(one.correlation); });
  if (found == awaited_.end()) return;
  found->reply = delivery.payload;
  replied_.notify_one();
}

void ControlConnection::refused(const mqtt::GivenUp& message) {
  const std::lock_guard lock(mutex_);
  refusal_ = message.why;
  replied_.notify_all();
}

std::size_t ControlConnection::message_limit() const {
  return std::min(longest_packet, std::max(link_->packet_limit(), beside_message)) - beside_message;
}

/// Call with `mutex_` held.
std::expected<void, std::string> ControlConnection::send(std::vector<Question>& questions) {
  awaited_.clear();
  refusal_.clear();
  for (Question& question : questions) {
    if (question.text.size() + beside_message > link_->packet_limit())
      return std::unexpected("a command is larger than the broker's packet limit");
    awaited_.push_back({std::move(question.correlation), {}});
    if (!link_->publish({.topic = plugin_.command_topic,
                         .payload = std::move(question.text),
                         .content_type = {},
                         .correlation_data = {},
                         .tag = 0}))
      return std::unexpected("the connection does not accept data");
  }
  return {};
}

ControlConnection::Replies ControlConnection::ask(std::vector<Question> questions) {
  std::unique_lock lock(mutex_);
  if (!up_) return std::unexpected("there is no connection");
  if (auto sent = send(questions); !sent) return std::unexpected(std::move(sent.error()));
  const auto all_are_there = [this] {
    return std::ranges::none_of(awaited_, [](const Awaited& one) { return one.reply.empty(); });
  };
  replied_.wait_for(lock, patience, [&] { return ended_ || !up_ || !refusal_.empty() || all_are_there(); });
  const std::vector<Awaited> awaited = std::exchange(awaited_, {});
  if (!refusal_.empty()) return std::unexpected("the broker does not accept the commands: " + refusal_);
  if (!up_) return std::unexpected("the connection ended");
  std::vector<std::string> replies;
  for (const Awaited& one : awaited) {
    if (one.reply.empty()) return std::unexpected(std::string("no reply: ") + plugin_.if_silent);
    replies.push_back(one.reply);
  }
  return replies;
}

void ControlConnection::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  replied_.notify_all();
}

}  // namespace latchkey::service::access
