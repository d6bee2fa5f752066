#include "service/doctor/watched_connection.hpp"

namespace latchkey::service {
namespace {

constexpr std::chrono::seconds connect_limit{8};

}  // namespace

WatchedConnection::WatchedConnection(mqtt::Options options) {
  auto opened =
      mqtt::Link::open(std::move(options), {.message = {},
                                            .ready = [this] { on_ready(); },
                                            .lost = [this](std::string_view reason) { on_lost(reason); },
                                            .delivered = {},
                                            .given_up = {},
                                            .limited = {},
                                            .not_subscribed = {}});
  if (opened)
    link_ = std::move(*opened);
  else
    on_lost(opened.error());
}

std::optional<WatchedConnection::Clock::time_point> WatchedConnection::await_begin() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, connect_limit, [this] { return began_ || ended_; });
  return began_;
}

std::optional<WatchedConnection::Clock::time_point> WatchedConnection::await_end(Clock::time_point until) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [this] { return ended_.has_value(); });
  return ended_;
}

std::string WatchedConnection::why() {
  const std::scoped_lock lock(mutex_);
  return why_;
}

void WatchedConnection::on_ready() {
  const std::scoped_lock lock(mutex_);
  if (!began_) began_ = Clock::now();
  changed_.notify_all();
}

void WatchedConnection::on_lost(std::string_view reason) {
  const std::scoped_lock lock(mutex_);
  if (ended_) return;
  ended_ = Clock::now();
  why_ = reason;
  changed_.notify_all();
}

}  // namespace latchkey::service
