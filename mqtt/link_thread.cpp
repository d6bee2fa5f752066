#include "mqtt/backoff.hpp"
#include "mqtt/link_impl.hpp"
#include "mqtt/paho_options.hpp"
#include "mqtt/tcp_connection.hpp"
#include "mqtt/tcp_nodelay.hpp"
#include "mqtt/tls_check.hpp"

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

namespace latchkey::mqtt {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds suback_limit{5};

// How long to wait for an acknowledgement before waking Paho's sending thread; doubles while none comes.
constexpr std::chrono::milliseconds first_patience{5};
constexpr std::chrono::milliseconds last_patience{1000};

/// Paho's buffer, in messages; always more than are in flight.
constexpr int library_buffer = 100000;

constexpr int at_least_once = 1;

/// Retain as published: a forwarded message keeps its retain flag, not only a stored one.
::mqtt::subscribe_options keep_retain_flag() {
  constexpr bool no_local = false;  // Paho's name for it differs between its versions
  return ::mqtt::subscribe_options(no_local, ::mqtt::subscribe_options::RETAIN_AS_PUBLISHED);
}

}  // namespace

void Link::Impl::run() noexcept {
  Backoff backoff(std::random_device{}());
  Lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    try {
      run_connection();
    } catch (const std::exception& error) {
      fail(error.what());
    }
    const bool served = ready_.exchange(false);
    if (served) backoff.reset();
    const auto again = Clock::now() + std::chrono::duration_cast<Clock::duration>(backoff.next());
    close_client(served);
    lock.lock();
    if (stopping_) break;
    const std::string reason = options_.url + ": " + failure_;
    lock.unlock();
    call_handler(handlers_.lost, reason);
    lock.lock();
    wake_.wait_until(lock, again, [this] { return stopping_; });
  }
}

/// Runs one connection from CONNECT to its end. Afterwards `failure_` holds the reason.
void Link::Impl::run_connection() {
  if (!connect() || (adopt_keep_alive() && !connect())) return;
  set_tcp_nodelay(endpoint_.port);
  if (subscribes()) subscribe_all();
  if (!await_broker(
          std::max(suback_limit, answer_limit_->now()), [this] { return subacks_missing_ == 0; },
          "a subscription is not acknowledged"))
    return;
  ready_ = true;
  if (const std::size_t limit = packet_limit(); limit != any_packet) call_handler(handlers_.limited, limit);
  call_handler(handlers_.ready);
  serve();
}

bool Link::Impl::connect() {
  open_client();
  const auto limit = answer_limit_->now();
  // Paho's own limit comes later, so that the one here decides what took too long.
  connect_options_.set_connect_timeout(limit + std::chrono::seconds(2));
  client_->connect(connect_options_, nullptr, connecting_);
  const bool stands = await_broker(limit, [this] { return connected_; }, "the broker does not answer");
  failures_ = stands ? 0 : failures_ + 1;
  return stands;
}

/// What is given up was wasted work of the broker: if it took too long, the next attempt gets longer.
bool Link::Impl::await_broker(std::chrono::seconds limit, const std::function<bool()>& event,
                              const char* missing) {
  const auto began = Clock::now();
  const bool done = await(limit, event, missing);
  if (!done && Clock::now() - began >= limit) answer_limit_->took_too_long();
  return done;
}

/// True if the broker requires a shorter keep alive (MQTT 5, 3.1.2.10). Paho pings only by the keep alive in
/// CONNECT, so connect again with the broker's value.
bool Link::Impl::adopt_keep_alive() {
  const std::scoped_lock lock(mutex_);
  const auto wanted = server_keep_alive_.value_or(std::chrono::seconds(0));
  if (wanted.count() == 0 || wanted >= connect_options_.get_keep_alive_interval()) return false;
  connect_options_.set_keep_alive_interval(wanted);
  return true;
}

/// Paho tries only one address of a host name, an IPv4 one if any. After a failure try the others in turn.
Endpoint Link::Impl::next_endpoint() const {
  Endpoint next = endpoint_;
  if (failures_ == 0) return next;
  const auto addresses = addresses_of(endpoint_.host);
  if (addresses.size() > 1)
    if (const auto turn = failures_ % (addresses.size() + 1); turn > 0) next.host = addresses[turn - 1];
  return next;
}

void Link::Impl::open_client() {
  client_.reset();
  {
    const std::scoped_lock lock(mutex_);
    connected_ = false;
    subacks_missing_ = leaving_ ? 0 : options_.subscriptions.size();
    unsubscribing_ = leaving_;
    unsubacks_missing_ = 0;
    disconnect_code_ = 0;
    failure_.clear();
    more_subscriptions_.clear();
    more_subacks_missing_ = 0;
  }
  subscribing_more_.clear();
  const Endpoint endpoint = next_endpoint();
  if (endpoint.tls)
    paho::check_tls_of(endpoint.host, {.name = endpoint_.host,
                                       .skips_dates = options_.dates.are_skipped,
                                       .at = options_.dates.now,
                                       .since = opened_});
  const paho::create_options create(paho_version(options_.version), library_buffer);
  client_ = std::make_unique<paho::async_client>(endpoint.paho_uri(), options_.client_id, create);
  client_->set_message_callback([this](const paho::const_message_ptr& message) { on_message(*message); });
  client_->set_disconnected_handler([this](const paho::properties&, paho::ReasonCode code) {
    const std::scoped_lock lock(mutex_);
    disconnect_code_ = static_cast<int>(code);
  });
  client_->set_connection_lost_handler([this](const std::string& cause) {
    std::string reason = "connection lost";
    {
      const std::scoped_lock lock(mutex_);
      if (disconnect_code_ != 0)
        reason = "disconnected by the broker: " + paho::reason_text(disconnect_code_);
    }
    fail(cause.empty() ? reason : reason + ": " + cause);
  });
}

void Link::Impl::subscribe_all() {
  for (std::size_t i = 0; i < options_.subscriptions.size(); ++i)
    client_->subscribe(options_.subscriptions[i], at_least_once, nullptr, *subscribing_[i],
                       keep_retain_flag());
}

void Link::Impl::subscribe_more(Lock& lock) {
  const auto filters = std::exchange(more_subscriptions_, {});
  more_subacks_missing_ += filters.size();
  more_since_ = Clock::now();
  lock.unlock();
  for (const std::string& filter : filters) {
    subscribing_more_.push_back(std::make_unique<paho::Listener>(
        [this](const auto&) { on_more_subscribed(); },
        [this, filter](const auto& token) {
          on_more_subscribed();
          call_handler(handlers_.not_subscribed, filter, paho::why_failed(token));
        }));
    client_->subscribe(filter, at_least_once, nullptr, *subscribing_more_.back(), keep_retain_flag());
  }
  lock.lock();
}

bool Link::Impl::subscribes() {
  const std::scoped_lock lock(mutex_);
  return subacks_missing_ > 0;
}

void Link::Impl::unsubscribe_all(Lock& lock) {
  unsubscribing_ = true;
  unsubacks_missing_ = options_.subscriptions.size();
  lock.unlock();
  for (const std::string& filter : options_.subscriptions)
    client_->unsubscribe(filter, nullptr, leaving_listener_);
  lock.lock();
}

void Link::Impl::serve() {
  auto patience = first_patience;
  Lock lock(mutex_);
  const auto leaves = [this] { return leaving_ && !unsubscribing_; };
  const auto event = [&] {
    return over() || leaves() || !more_subscriptions_.empty() || outbox_.has_next(window_);
  };
  while (!over()) {
    if (leaves()) unsubscribe_all(lock);
    if (!more_subscriptions_.empty()) subscribe_more(lock);
    if (outbox_.has_next(window_)) {
      send_next(lock);
      continue;
    }
    if (outbox_.waits_for_broker())
      fail_after(std::max(puback_limit, answer_limit_->now()), waits_since_, "nothing was acknowledged");
    if (more_subacks_missing_ > 0)
      fail_after(std::max(suback_limit, answer_limit_->now()), more_since_,
                 "a further subscription is not acknowledged");
    if (over()) return;
    const bool waits = outbox_.waits_for_broker() || more_subacks_missing_ > 0;
    const std::chrono::milliseconds limit = waits ? patience : std::chrono::milliseconds(options_.keep_alive);
    if (wake_.wait_for(lock, limit, event)) continue;
    const bool progress = std::exchange(acknowledged_, false);
    patience = progress ? first_patience : std::min(2 * patience, last_patience);
    if (!progress) check_stall(lock);
  }
}

/// Ends the connection if what is missing since then took longer.
void Link::Impl::fail_after(std::chrono::seconds limit, Clock::time_point since, const char* missing) {
  if (Clock::now() - since <= limit) return;
  answer_limit_->took_too_long();
  failure_ = missing + (" within " + std::to_string(limit.count())) + " s";
}

/// Called when nothing has happened for long: wakes Paho's sending thread and checks that the connection is
/// still up.
void Link::Impl::check_stall(Lock& lock) {
  const bool waits = outbox_.waits_for_broker();
  lock.unlock();
  if (waits) runtime_.wake_sender();
  const bool alive = client_->is_connected();
  lock.lock();
  if (!alive && failure_.empty()) failure_ = "connection lost";
}

void Link::Impl::send_next(Lock& lock) {
  if (!outbox_.waits_for_broker()) waits_since_ = Clock::now();
  Outbox::Item* const item = outbox_.next();
  if (item == nullptr) return;
  if (const std::string why = why_undeliverable(*item); !why.empty()) return give_up(lock, *item, why);
  const auto message = item->message;
  lock.unlock();
  try {
    client_->publish(message, item, publishing_);
    lock.lock();
  } catch (const paho::exception& error) {
    lock.lock();
    const bool hopeless = error.get_return_code() == MQTTASYNC_BAD_UTF8_STRING;
    if (hopeless) return give_up(lock, *item, "its topic is not UTF-8");
    if (failure_.empty()) failure_ = error.what();
  }
}

/// Why the message cannot be sent; empty if it can.
std::string Link::Impl::why_undeliverable(const Outbox::Item& item) const {
  if (item.bytes > packet_limit_)
    return "larger than the broker accepts: " + std::to_string(packet_limit_) + " bytes";
  if (quarantine_.holds(item.message->get_topic(), item.bytes, Clock::now()))
    return "the broker refused a similar message a short time ago";
  return {};
}

void Link::Impl::close_client(bool served) {
  client_
      .reset();  // sends DISCONNECT if possible without waiting, so that the broker does not publish the will
  Lock lock(mutex_);
  if (served && !stopping_ && paho::may_blame_a_message(disconnect_code_)) {
    if (Outbox::Item* const culprit = outbox_.blame()) {
      quarantine_.ended_connection(culprit->message->get_topic(), culprit->bytes, Clock::now());
      give_up(lock, *culprit, "the broker ended the connection again because of it: " + failure_);
    }
  }
  outbox_.reclaim();
}

bool Link::Impl::await(std::chrono::seconds limit, const std::function<bool()>& event, const char* missing) {
  Lock lock(mutex_);
  const bool happened = wake_.wait_for(lock, limit, [&] { return over() || event(); });
  if (!happened) failure_ = std::string(missing) + " within " + std::to_string(limit.count()) + " s";
  return !over();
}

}  // namespace latchkey::mqtt
