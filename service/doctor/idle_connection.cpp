#include "service/doctor/idle_connection.hpp"

#include "service/config/broker_login.hpp"
#include "service/doctor/broker_session.hpp"

namespace latchkey::service {
namespace {

constexpr std::string_view check = "keep_alive";
constexpr std::chrono::seconds connect_limit{8};
constexpr std::chrono::seconds margin{1};

std::string seconds_text(std::chrono::seconds time) {
  return std::to_string(time.count()) + " s";
}

}  // namespace

IdleConnection::IdleConnection(const Config& config, const crypto::Secret& password) {
  mqtt::Options options = broker_login(config, password);
  options.client_id = own_client_id();
  keep_alive_ = options.keep_alive;
  auto opened = mqtt::Link::open(std::move(options), {.message = {},
                                                      .ready =
                                                          [this] {
                                                            const std::scoped_lock lock(mutex_);
                                                            if (!began_) began_ = Clock::now();
                                                            changed_.notify_all();
                                                          },
                                                      .lost = [this](std::string_view why) { on_lost(why); },
                                                      .delivered = {},
                                                      .given_up = {},
                                                      .limited = {},
                                                      .not_subscribed = {}});
  if (opened) link_ = std::move(*opened);
}

void IdleConnection::on_lost(std::string_view reason) {
  const std::scoped_lock lock(mutex_);
  if (ended_) return;
  ended_ = Clock::now();
  why_ = reason;
  changed_.notify_all();
}

bool IdleConnection::await_begin() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, connect_limit, [this] { return began_ || ended_ || !link_; });
  return began_.has_value();
}

std::chrono::milliseconds IdleConnection::trial() const {
  const auto demanded = link_->server_keep_alive().value_or(std::chrono::seconds(0));
  if (demanded.count() == 0 || demanded >= keep_alive_) return keep_alive_ + margin;
  return std::chrono::milliseconds(demanded) * 3 / 2 + margin;
}

std::string IdleConnection::demand() const {
  const auto demanded = link_->server_keep_alive();
  if (!demanded || demanded->count() == 0) return "the broker demands no keep alive";
  return "the broker demands a keep alive of " + seconds_text(*demanded);
}

Finding IdleConnection::finding() {
  if (!await_begin()) {
    const std::scoped_lock lock(mutex_);
    return skipped(check, "no second connection to the broker could be opened" +
                              (why_.empty() ? std::string() : ": " + why_));
  }
  const auto until = trial();
  const std::string told = demand() + ", the service's is " + seconds_text(keep_alive_);
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, *began_ + until, [this] { return ended_.has_value(); }))
    return fine(check, told + ": an idle connection stands");
  const auto stood = std::chrono::round<std::chrono::seconds>(*ended_ - *began_);
  return problem(check, "idle_connection_ended",
                 told + ", and an idle connection ended after " + seconds_text(stood) + ": " + why_,
                 "let idle connections stand for at least " + seconds_text(2 * keep_alive_) +
                     " at the broker and at what is between it and this machine (load balancer, proxy, "
                     "firewall)");
}

}  // namespace latchkey::service
