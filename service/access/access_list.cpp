#include "service/access/access_list.hpp"

#include "registry/broker_access.hpp"

#include <exception>
#include <utility>

namespace latchkey::service::access {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds pause_after_failure{1};
// NotificationListener calls poll() every 5 s.
constexpr std::chrono::seconds longest_pause{15};

}  // namespace

std::expected<std::unique_ptr<AccessList>, std::string> AccessList::start(
    mqtt::Options options, const ControlPlugin& plugin, const MakeMode& make_mode,
    registry::ConnectOptions database, Publish publish, Metrics& metrics, Log& log) {
  std::unique_ptr<AccessList> made(new AccessList(std::move(database), std::move(publish), metrics, log));
  AccessList* const self = made.get();
  auto connection = ControlConnection::open(
      std::move(options), plugin, [self] { self->up(); },
      [self](std::string_view reason) { self->down(reason); });
  if (!connection) return std::unexpected(std::move(connection.error()));
  made->connection_ = std::move(*connection);
  made->mode_ = make_mode(*made);
  made->thread_ = std::thread([self] { self->run(); });
  return made;
}

AccessList::AccessList(registry::ConnectOptions database, Publish publish, Metrics& metrics, Log& log)
    : registry_(std::move(database)), publish_(std::move(publish)), metrics_(metrics), log_(log) {}

AccessList::~AccessList() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  connection_->end();
  registry_.abandon();
  thread_.join();
}

void AccessList::up() {
  {
    const std::lock_guard lock(mutex_);
    up_ = fresh_ = true;
  }
  wake_.notify_all();
}

void AccessList::down(std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    up_ = fresh_ = false;
  }
  failed("no connection: " + std::string(reason));
}

bool AccessList::open(registry::BrokerOpening opening, std::vector<mqtt::Message> messages) {
  if (opening.rights && !mode_->tells_rights()) {
    publish(std::move(messages));
    return true;
  }
  {
    const std::lock_guard lock(mutex_);
    if (!up_ || !openings_.add(std::move(opening), std::move(messages))) {
      metrics_.dropped(Dropped::broker_not_ready);
      return false;
    }
  }
  wake_.notify_all();
  return true;
}

void AccessList::publish(std::vector<mqtt::Message> messages) {
  for (auto& message : messages)
    publish_(std::move(message));
}

void AccessList::poll() {
  {
    const std::lock_guard lock(mutex_);
    poll_ = true;
  }
  wake_.notify_all();
}

std::optional<std::string> AccessList::complaint() {
  const std::lock_guard lock(mutex_);
  if (complaint_ || Steady::now() - compared_at_ <= longest_pause) return complaint_;
  return "the list was not compared for " + std::to_string(longest_pause.count()) + " s";
}

void AccessList::failed(const std::string& reason) {
  metrics_.broker_access_failed();
  log_.error("the broker's access list is not up to date", {{"reason", reason}});
  is_not_up_to_date(reason);
}

void AccessList::is_not_up_to_date(std::string why) {
  const std::lock_guard lock(mutex_);
  complaint_ = std::move(why);
}

void AccessList::is_up_to_date() {
  const std::lock_guard lock(mutex_);
  compared_at_ = Steady::now();
  if (up_) complaint_.reset();
}

bool AccessList::has_work() const {
  return up_ && (fresh_ || poll_ || openings_.has_next() || mode_->has_more());
}

void AccessList::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    wake_.wait(lock, [this] { return ending_ || has_work(); });
    if (ending_) break;
    lock.unlock();
    Done done;
    try {
      done = work();
    } catch (const std::exception& error) {
      done = std::unexpected(error.what());
    }
    lock.lock();
    if (done || ending_) continue;
    const bool up = up_;
    lock.unlock();
    if (up) failed(done.error());  // otherwise `down` has logged why
    lock.lock();
    mode_->start_over();
    fresh_ = poll_ = true;
    wake_.wait_for(lock, pause_after_failure, [this] { return ending_; });
  }
}

Done AccessList::work() {
  bool fresh = false;
  bool poll = false;
  {
    const std::lock_guard lock(mutex_);
    fresh = std::exchange(fresh_, false);
    poll = std::exchange(poll_, false) || fresh;
  }
  if (fresh) {
    if (auto connected = mode_->connected(); !connected) return connected;
  }
  if (poll) {
    if (auto compared = mode_->compare(); !compared) return compared;
  }
  return mode_->advance();
}

std::optional<Openings::Waiting> AccessList::next_opening(bool is_first) {
  const std::lock_guard lock(mutex_);
  if (fresh_ || (poll_ && !is_first)) return std::nullopt;
  return openings_.next();
}

std::optional<std::uint64_t> AccessList::last_opening() {
  const std::lock_guard lock(mutex_);
  return openings_.last();
}

void AccessList::drop_ended(std::uint64_t until,
                            const std::function<bool(const registry::BrokerOpening&)>& wanted) {
  std::deque<Openings::Waiting> ended;
  {
    const std::lock_guard lock(mutex_);
    ended = openings_.take_unwanted(until, wanted);
  }
  for (const Openings::Waiting& one : ended)
    log_dropped(one.opening.device_id);
}

void AccessList::log_dropped(const protocol::DeviceId& id) {
  log_.info("an answer or configuration was dropped: what it waited for at the broker has ended",
            {{"device_id", id.text()}});
}

void AccessList::serve_anew() {
  const std::lock_guard lock(mutex_);
  openings_.served_anew();
}

void AccessList::record(std::span<const registry::AppliedAccess> applied) {
  if (applied.empty()) return;
  if (const auto written = registry::broker_applied(registry_, applied); !written)
    log_.warning("broker_applied_at is not written yet", {{"reason", written.error().what}});
}

void AccessList::record(std::span<const registry::ToldRights> told) {
  if (told.empty()) return;
  if (const auto written = registry::rights_told(registry_, told); !written)
    log_.warning("it is not written yet which rights the gate was told", {{"reason", written.error().what}});
}

}  // namespace latchkey::service::access
