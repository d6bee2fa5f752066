#include "mqtt/link_impl.hpp"

#include "mqtt/paho_options.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <utility>

namespace latchkey::mqtt {
namespace {

/// A hint, since Paho reports the same error for an unreachable broker and for an untrusted one.
std::string tls_hint(const Endpoint& endpoint, const paho::token& token) {
  if (!endpoint.tls || paho::refused(token) || token.get_return_code() > 0) return {};
  return "; with TLS the cause may also be a broker's certificate that is not for " + endpoint.host +
         " or not from ca_file, or a client certificate that the broker refuses";
}

paho::const_message_ptr to_paho(Message message, Version version) {
  constexpr int at_least_once = 1;
  auto result =
      paho::make_message(std::move(message.topic), std::move(message.payload), at_least_once, false);
  if (version != Version::v5) return result;
  paho::properties properties;
  if (!message.content_type.empty()) {
    properties.add({paho::property::CONTENT_TYPE, std::move(message.content_type)});
  }
  if (!message.correlation_data.empty()) {
    properties.add({paho::property::CORRELATION_DATA, std::move(message.correlation_data)});
  }
  if (!properties.empty()) result->set_properties(std::move(properties));
  return result;
}

/// MQTT 5, 3.3; an upper bound for 3.1.1, which has no properties.
std::size_t packet_bytes(const Message& message) {
  constexpr std::size_t header = 1 + 4;            // the first byte, and the longest remaining length
  constexpr std::size_t rest = 2 + 2 + 3 + 3 + 3;  // lengths of topic and properties, the packet identifier
  return header + rest + message.topic.size() + message.content_type.size() +
         message.correlation_data.size() + message.payload.size();
}

}  // namespace

Link::Impl::Impl(Options options, Endpoint endpoint, Handlers handlers)
    : options_(std::move(options)),
      endpoint_(std::move(endpoint)),
      handlers_(std::move(handlers)),
      connect_options_(make_connect_options(options_, endpoint_)),
      outbox_(options_.outbox_limit),
      connecting_([this](const auto& token) { on_connected(token); },
                  [this](const auto& token) {
                    fail("cannot connect: " + paho::why_failed(token) + tls_hint(endpoint_, token));
                  }),
      publishing_([this](const auto& token) { on_delivered(token); },
                  [this](const auto& token) { on_not_delivered(token); }),
      // Refused or not, the broker has read the UNSUBSCRIBE, so nothing more of the shared subscription comes
      // here.
      leaving_listener_([this](const auto&) { on_unsubscribed(); },
                        [this](const auto&) { on_unsubscribed(); }) {
  for (const std::string& filter : options_.subscriptions) {
    subscribing_.push_back(std::make_unique<paho::Listener>([this](const auto&) { on_subscribed(); },
                                                            [this, &filter](const auto& token) {
                                                              fail("subscription to " + filter +
                                                                   " refused: " + paho::why_failed(token));
                                                            }));
  }
  thread_ = std::thread([this] { run(); });
}

Link::Impl::~Impl() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
  if (auto password = connect_options_.get_password()) {
    crypto::wipe({const_cast<char*>(password.data()), password.size()});
  }
}

bool Link::Impl::publish(Message message) {
  if (!publishable(message.topic)) return false;
  const std::uint64_t tag = message.tag;
  const std::size_t bytes = packet_bytes(message);
  auto ready_made = to_paho(std::move(message), options_.version);
  {
    const std::scoped_lock lock(mutex_);
    if (outbox_.full()) return false;
    outbox_.push(std::move(ready_made), bytes, tag);
  }
  wake_.notify_one();
  return true;
}

void Link::Impl::subscribe(std::vector<std::string> filters) {
  {
    const std::scoped_lock lock(mutex_);
    std::ranges::move(filters, std::back_inserter(more_subscriptions_));
  }
  wake_.notify_one();
}

bool Link::Impl::flush(std::chrono::milliseconds limit) {
  Lock lock(mutex_);
  return drained_.wait_for(lock, limit, [this] { return outbox_.empty(); });
}

bool Link::Impl::unsubscribe(std::chrono::milliseconds limit) {
  Lock lock(mutex_);
  leaving_ = true;
  wake_.notify_one();
  // Without a connection there is no subscription.
  return drained_.wait_for(lock, limit,
                           [this] { return !ready_ || (unsubscribing_ && unsubacks_missing_ == 0); });
}

std::size_t Link::Impl::outstanding() {
  const std::scoped_lock lock(mutex_);
  return outbox_.size();
}

std::size_t Link::Impl::window() {
  const std::scoped_lock lock(mutex_);
  return window_;
}

std::size_t Link::Impl::packet_limit() {
  const std::scoped_lock lock(mutex_);
  return packet_limit_;
}

std::optional<std::chrono::seconds> Link::Impl::server_keep_alive() {
  const std::scoped_lock lock(mutex_);
  return server_keep_alive_;
}

void Link::Impl::fail(std::string reason) {
  {
    const std::scoped_lock lock(mutex_);
    if (failure_.empty()) failure_ = std::move(reason);
  }
  wake_.notify_one();
}

void Link::Impl::on_connected(const paho::token& token) {
  const bool tells = options_.version == Version::v5;
  const std::size_t taken = tells ? paho::receive_maximum(token) : 65535;
  const std::size_t packet = tells ? paho::maximum_packet_size(token).value_or(any_packet) : any_packet;
  {
    const std::scoped_lock lock(mutex_);
    connected_ = true;
    window_ = std::min(options_.in_flight_limit, taken);
    packet_limit_ = packet;
    // A connection that has the broker's value already is told none.
    if (const auto demanded = tells ? paho::server_keep_alive(token) : std::nullopt)
      server_keep_alive_ = demanded;
  }
  wake_.notify_one();
}

void Link::Impl::on_subscribed() {
  {
    const std::scoped_lock lock(mutex_);
    --subacks_missing_;
  }
  wake_.notify_one();
}

void Link::Impl::on_more_subscribed() {
  const std::scoped_lock lock(mutex_);
  --more_subacks_missing_;
  more_since_ = std::chrono::steady_clock::now();
}

void Link::Impl::on_unsubscribed() {
  {
    const std::scoped_lock lock(mutex_);
    --unsubacks_missing_;
  }
  drained_.notify_all();
}

void Link::Impl::on_delivered(const paho::token& token) {
  auto& item = *static_cast<Outbox::Item*>(token.get_user_context());
  if (item.tag != 0) call_handler(handlers_.delivered, item.tag);  // before flush() can return
  bool drained = false;
  bool room = false;
  {
    const std::scoped_lock lock(mutex_);
    quarantine_.taken(item.message->get_topic(), item.bytes);
    outbox_.finish(item);
    record_acknowledgement();
    drained = outbox_.empty();
    room = outbox_.has_next(window_);
  }
  if (room) wake_.notify_one();
  if (drained) drained_.notify_all();
}

void Link::Impl::on_not_delivered(const paho::token& token) {
  // Give up a message that the broker refuses (MQTT 5): it would refuse it again. Any other failure ends the
  // connection, which reclaims all messages.
  if (!paho::refused(token)) return;
  const std::string why = "refused: " + paho::why_failed(token);
  {
    Lock lock(mutex_);
    auto& item = *static_cast<Outbox::Item*>(token.get_user_context());
    quarantine_.refused(item.message->get_topic(), item.bytes, std::chrono::steady_clock::now());
    give_up(lock, item, why);
    record_acknowledgement();
  }
  wake_.notify_one();
}

void Link::Impl::record_acknowledgement() {
  outbox_.allow_one_more();
  acknowledged_ = true;
  const auto now = std::chrono::steady_clock::now();
  if (now - waits_since_ <= puback_limit) answer_limit_->reset();
  waits_since_ = now;
}

void Link::Impl::give_up(Lock& lock, Outbox::Item& item, std::string_view why) {
  lock.unlock();
  const std::string& topic = item.message->get_topic();
  call_handler(handlers_.given_up, GivenUp{topic, item.bytes, item.tag, why});
  lock.lock();  // finish after the handler, so that flush() does not return before it
  outbox_.finish(item);
  if (outbox_.empty()) drained_.notify_all();
}

void Link::Impl::on_message(const paho::message& message) {
  const std::string correlation = paho::correlation_data(message);
  call_handler(handlers_.message,
               Delivery{message.get_topic(), message.get_payload(), correlation, message.is_retained()});
}

// The interface forwards to the implementation, which has Paho's types.

std::expected<std::unique_ptr<Link>, std::string> Link::open(Options options, Handlers handlers) try {
  auto endpoint = check(options);
  if (!endpoint) return std::unexpected(std::move(endpoint.error()));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*endpoint), std::move(handlers));
  return std::unique_ptr<Link>(new Link(std::move(impl)));
} catch (const std::exception& error) {
  return std::unexpected("The MQTT library cannot be started: " + std::string(error.what()) + ".");
}

Link::Link(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Link::~Link() = default;

bool Link::publish(Message message) {
  return impl_->publish(std::move(message));
}
void Link::subscribe(std::vector<std::string> filters) {
  impl_->subscribe(std::move(filters));
}
bool Link::flush(std::chrono::milliseconds limit) {
  return impl_->flush(limit);
}
bool Link::unsubscribe(std::chrono::milliseconds limit) {
  return impl_->unsubscribe(limit);
}
std::size_t Link::outstanding() const {
  return impl_->outstanding();
}
std::size_t Link::window() const {
  return impl_->window();
}
std::size_t Link::packet_limit() const {
  return impl_->packet_limit();
}
std::optional<std::chrono::seconds> Link::server_keep_alive() const {
  return impl_->server_keep_alive();
}
bool Link::ready() const noexcept {
  return impl_->ready();
}

}  // namespace latchkey::mqtt
