#include "service/broker_http/feed.hpp"

#include "crypto/encoding.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace latchkey::service::broker_http {
namespace {

constexpr std::size_t devices_at_once = 500;
constexpr std::size_t openings_at_once = 100;
constexpr std::chrono::milliseconds interval{250};
constexpr std::chrono::seconds pause_after_failure{1};

bool is_done(const registry::BrokerOpening& opening, const Known& known) {
  if (opening.rights) return known.device != nullptr && known.device->rights;
  if (!opening.login) return known.device == nullptr || known.device->denied_until == 0;
  const std::string salt = crypto::to_hex(opening.login->salt);
  return known.device != nullptr && std::ranges::any_of(known.device->logins, [&](const auto& login) {
           return login.generation == opening.login->generation && login.salt == salt;
         });
}

}  // namespace

Feed::Feed(registry::ConnectOptions database, Facts& facts, const protocol::Topics& topics, Publish publish,
           Followed followed, Metrics& metrics, Log& log)
    : registry_(std::move(database)),
      facts_(facts),
      topics_(topics),
      publish_(std::move(publish)),
      followed_(std::move(followed)),
      metrics_(metrics),
      log_(log),
      thread_([this] { run(); }) {}

Feed::~Feed() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  registry_.abandon();
  thread_.join();
}

bool Feed::open(registry::BrokerOpening opening, std::vector<mqtt::Message> messages) {
  {
    const std::scoped_lock lock(mutex_);
    if (!openings_.add(std::move(opening), std::move(messages))) {
      metrics_.dropped(Dropped::broker_not_ready);
      return false;
    }
  }
  wake_.notify_all();
  return true;
}

void Feed::poll() {
  {
    const std::scoped_lock lock(mutex_);
    poll_ = true;
  }
  wake_.notify_all();
}

std::optional<std::string> Feed::complaint() {
  const std::scoped_lock lock(mutex_);
  return complaint_;
}

bool Feed::is_ending() {
  const std::scoped_lock lock(mutex_);
  return ending_;
}

void Feed::run() {
  auto pause = std::chrono::milliseconds(0);
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const bool failed = pause == pause_after_failure;
    wake_.wait_for(lock, pause, [&] { return ending_ || (!failed && (poll_ || openings_.has_next())); });
    if (ending_) break;
    poll_ = false;
    openings_.served_anew();
    Waiting waiting;
    while (waiting.size() < openings_at_once) {
      auto one = openings_.next();
      if (!one) break;
      waiting.push_back(*std::move(one));
    }
    lock.unlock();
    std::optional<std::string> complaint;
    try {
      if (auto done = step(waiting); !done) complaint = std::move(done.error().what);
    } catch (const std::exception& error) {
      complaint = error.what();
    }
    if (complaint && !is_ending()) {
      metrics_.broker_access_failed();
      log_.error("what the broker is answered is not up to date", {{"reason", *complaint}});
    }
    pause = complaint ? std::chrono::milliseconds(pause_after_failure) : interval;
    lock.lock();
    complaint_ = std::move(complaint);
  }
}

registry::Result<void> Feed::step(Waiting& waiting) {
  std::vector<std::string> without_rights;
  for (const auto& one : waiting)
    if (one.opening.rights) without_rights.push_back(one.opening.device_id.text());
  if (!without_rights.empty())
    if (auto noted = registry::note_rights(registry_, without_rights); !noted) return noted;
  if (auto followed = follow(); !followed) return followed;
  for (auto& one : waiting)
    answer(one);
  return {};
}

registry::Result<void> Feed::follow() {
  const auto began = Facts::Clock::now();
  if (since_) {
    auto walked = walk(since_, facts_);
    if (!walked) return std::unexpected(std::move(walked.error()));
    if (*walked) {
      since_ = *std::move(walked);
      seen(began);
      return {};
    }
  }
  Facts all(topics_);
  auto walked = walk(std::nullopt, all);
  if (!walked) return std::unexpected(std::move(walked.error()));
  since_ = *std::move(walked);
  if (!since_)
    return std::unexpected(registry::Error{registry::Failure::unavailable, "the registry changed"});
  facts_.become(std::move(all));
  seen(began);
  log_.info("a broker that asks is answered from now on");
  return {};
}

void Feed::seen(Facts::Clock::time_point at) {
  facts_.seen(at);
  if (followed_) followed_(at);
}

registry::Result<std::optional<std::string>> Feed::walk(const std::optional<std::string>& since,
                                                        Facts& into) {
  registry::AccessQuery query{.since = since, .after = {}, .page = devices_at_once};
  std::optional<std::string> snapshot;
  do {
    const auto changes = registry::load_access_changes(registry_, query);
    if (!changes) return std::unexpected(changes.error());
    if (!since && !snapshot) epoch_ = changes->access.epoch;
    if (changes->is_of_other_server || changes->access.epoch != epoch_) return std::nullopt;
    if (!snapshot) snapshot = changes->snapshot;
    take(changes->access, into);
    query.after = changes->more;
  } while (query.after);
  return snapshot;
}

void Feed::take(const registry::GateAccess& access, Facts& into) {
  for (const std::string& group : into.take(access))
    log_.error("rights do not count beside the roots of this configuration", {{"group", group}});
  auto applied = registry::applied_of(access.entries);
  // A broker that asks ends no session because an answer would be another one now.
  for (auto& each : applied)
    each.goes_on = true;
  const auto told = registry::told_rights_of(access);
  // What is not recorded now comes again with the next look.
  if (!applied.empty())
    if (const auto written = registry::broker_applied(registry_, applied); !written)
      log_.warning("broker_applied_at is not written yet", {{"reason", written.error().what}});
  if (!told.empty())
    if (const auto written = registry::rights_told(registry_, told); !written)
      log_.warning("it is not written yet which rights are known", {{"reason", written.error().what}});
}

void Feed::answer(access::Openings::Waiting& one) {
  if (!is_done(one.opening, facts_.of(one.opening.device_id.text()))) {
    log_.info("an answer or configuration was dropped: what it waited for has ended",
              {{"device_id", one.opening.device_id.text()}});
    return;
  }
  for (auto& message : one.messages)
    publish_(std::move(message));
}

}  // namespace latchkey::service::broker_http
