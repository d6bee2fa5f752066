#include "service/access/session_cutter.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace latchkey::service::access {
namespace {

using namespace std::chrono_literals;

// Each is a connection, so this bounds memory and what the broker has to bear.
constexpr std::size_t most_at_once = 100;
// As many as end until the next claim, which comes after 5 s at the latest.
constexpr std::size_t most_in_hand = 500;
// Most devices connect again within a second.
constexpr std::chrono::milliseconds hold = 1s;
// Together less than a claim lasts (claim_cuts), so that no other service takes the same client id meanwhile.
constexpr std::chrono::seconds longest_wait = 15s;
constexpr std::chrono::seconds longest_takeover = 10s;
constexpr std::chrono::milliseconds look_interval = 50ms;
// What failed is claimed again after 30 s.
constexpr std::chrono::seconds complaint_life = 45s;

}  // namespace

SessionCutter::SessionCutter(KeptOut kept_out, Login login, registry::ConnectOptions database,
                             Metrics& metrics, Log& log)
    : kept_out_(kept_out),
      login_(std::move(login)),
      registry_(std::move(database)),
      metrics_(metrics),
      log_(log),
      thread_([this] { run(); }) {}

SessionCutter::~SessionCutter() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  registry_.abandon();
  thread_.join();
}

registry::Result<void> SessionCutter::claim(registry::Registry& registry) {
  std::size_t room = 0;
  {
    const std::scoped_lock lock(mutex_);
    room = most_in_hand - in_hand_;
  }
  if (room == 0) return {};
  auto claimed = registry::claim_cuts(registry, room, kept_out_ == KeptOut::by_crl);
  if (!claimed) return std::unexpected(std::move(claimed.error()));
  if (claimed->empty()) return {};
  {
    const std::scoped_lock lock(mutex_);
    in_hand_ += claimed->size();
    for (auto& session : *claimed)
      waiting_.push_back({std::move(session), Clock::now()});
  }
  wake_.notify_all();
  return {};
}

void SessionCutter::keeps_out(Clock::time_point as_of) {
  {
    const std::scoped_lock lock(mutex_);
    kept_out_as_of_ = std::max(kept_out_as_of_, as_of);
  }
  wake_.notify_all();
}

std::optional<std::string> SessionCutter::complaint() {
  const std::scoped_lock lock(mutex_);
  if (complaint_.empty() || Clock::now() - complaint_at_ > complaint_life) return std::nullopt;
  return complaint_;
}

void SessionCutter::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (waiting_.empty() && open_.empty())
      wake_.wait(lock);
    else
      wake_.wait_for(lock, look_interval);
    if (ending_) break;
    lock.unlock();
    try {
      step();
    } catch (const std::exception& error) {
      log_.error("sessions of blocked devices could not be ended",
                 {{"reason", std::string_view(error.what())}});
    }
    lock.lock();
  }
  lock.unlock();
  open_.clear();
}

void SessionCutter::step() {
  for (Claimed& claimed : take_due()) {
    if (Clock::now() - claimed.at > longest_wait)
      failed(claimed.session, "it is not known whether the broker keeps the device out");
    else
      begin(std::move(claimed));
  }
  record(collect());
}

/// In the order of the claims: they begin as soon as the broker keeps their devices out.
std::vector<SessionCutter::Claimed> SessionCutter::take_due() {
  std::vector<Claimed> due;
  const auto now = Clock::now();
  const std::scoped_lock lock(mutex_);
  while (!waiting_.empty() && open_.size() + due.size() < most_at_once) {
    const Claimed& next = waiting_.front();
    if (next.at > kept_out_as_of_ && now - next.at <= longest_wait) break;
    due.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return due;
}

void SessionCutter::begin(Claimed claimed) {
  auto seen = std::make_shared<Seen>();
  auto options = login_();
  options.client_id = claimed.session.device_id;
  auto link = mqtt::Link::open(std::move(options), {.message = {},
                                                    .ready =
                                                        [seen] {
                                                          const std::scoped_lock lock(seen->mutex);
                                                          seen->connected_at = Clock::now();
                                                        },
                                                    .lost =
                                                        [seen](std::string_view reason) {
                                                          const std::scoped_lock lock(seen->mutex);
                                                          seen->came_back |= seen->connected_at.has_value();
                                                          seen->connected_at.reset();
                                                          seen->reason = reason;
                                                        },
                                                    .delivered = {},
                                                    .given_up = {},
                                                    .limited = {},
                                                    .not_subscribed = {}});
  if (!link) return failed(claimed.session, link.error());
  open_.push_back({std::move(claimed.session), Clock::now(), std::move(seen), *std::move(link)});
}

std::vector<registry::AppliedAccess> SessionCutter::collect() {
  std::vector<registry::AppliedAccess> ended;
  const auto now = Clock::now();
  for (auto each = open_.begin(); each != open_.end();) {
    std::unique_lock lock(each->seen->mutex);
    const auto connected_at = each->seen->connected_at;
    const bool came_back = each->seen->came_back;
    const std::string reason = each->seen->reason;
    lock.unlock();
    const bool has_ended = kept_out_ == KeptOut::by_rights ? connected_at || came_back
                                                           : connected_at && now - *connected_at >= hold;
    if (!has_ended && now - each->since < longest_takeover) {
      ++each;
      continue;
    }
    if (has_ended)
      ended.push_back(each->session);
    else if (came_back)
      failed(each->session, "the client id is taken back again and again: the broker lets the device in");
    else
      failed(each->session, reason.empty() ? "the broker does not answer" : reason);
    each = open_.erase(each);
  }
  return ended;
}

void SessionCutter::record(std::span<const registry::AppliedAccess> ended) {
  if (ended.empty()) return;
  for (const auto& session : ended)
    log_.info("the open session of a blocked device was ended", {{"device_id", session.device_id}});
  if (const auto written = registry::sessions_ended(registry_, ended); !written)
    log_.warning("it is not written yet that sessions ended", {{"reason", written.error().what}});
  const std::scoped_lock lock(mutex_);
  in_hand_ -= ended.size();
  complaint_.clear();
}

void SessionCutter::failed(const registry::AppliedAccess& session, const std::string& reason) {
  metrics_.broker_access_failed();
  log_.error("the open session of a blocked device was not ended",
             {{"device_id", session.device_id}, {"reason", reason}});
  const std::scoped_lock lock(mutex_);
  --in_hand_;
  complaint_ = "sessions of blocked devices go on: " + reason;
  complaint_at_ = Clock::now();
}

}  // namespace latchkey::service::access
