#include "service/access/dynamic_security.hpp"

#include "registry/broker_access.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>

namespace latchkey::service::access {
namespace {

using Steady = std::chrono::steady_clock;

// The plugin writes its whole file for each command, so keep messages short: the broker stalls meanwhile.
constexpr std::size_t commands_at_once = 20;
constexpr std::size_t clients_at_once = 500;
constexpr std::size_t openings_at_once = 20;
// A device has repeated its request by then.
constexpr std::chrono::seconds stale_after{8};
constexpr std::chrono::seconds pause_after_failure{1};
// NotificationListener calls poll() every 5 s.
constexpr std::chrono::seconds longest_pause{15};
// Beyond this number each change is slow, because of the plugin's file: 122 s for 10,000 clients.
constexpr std::size_t many_entries = 2000;

/// Takes steps from the front as long as their commands fit into one message; at least one.
std::vector<Step> take_together(std::deque<Step>& steps, std::size_t room) {
  std::vector<Step> together;
  std::size_t commands = 0;
  std::size_t bytes = 0;
  while (!steps.empty()) {
    commands += steps.front().commands.size();
    bytes += bytes_of(steps.front().commands);
    if (!together.empty() && (commands > commands_at_once || bytes > room)) break;
    together.push_back(std::move(steps.front()));
    steps.pop_front();
  }
  return together;
}

}  // namespace

std::expected<std::unique_ptr<DynamicSecurity>, std::string> DynamicSecurity::start(
    mqtt::Options options, Logins logins, registry::ConnectOptions database, Publish publish,
    Metrics& metrics, Log& log) {
  std::unique_ptr<DynamicSecurity> made(
      new DynamicSecurity(logins, std::move(database), std::move(publish), metrics, log));
  DynamicSecurity* const self = made.get();
  auto connection = ControlConnection::open(
      std::move(options), [self] { self->connected(); },
      [self](std::string_view reason) { self->disconnected(reason); });
  if (!connection) return std::unexpected(std::move(connection.error()));
  made->connection_ = std::move(*connection);
  made->thread_ = std::thread([self] { self->run(); });
  return made;
}

DynamicSecurity::DynamicSecurity(Logins logins, registry::ConnectOptions database, Publish publish,
                                 Metrics& metrics, Log& log)
    : logins_(logins),
      registry_(std::move(database)),
      publish_(std::move(publish)),
      metrics_(metrics),
      log_(log) {}

DynamicSecurity::~DynamicSecurity() {
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

void DynamicSecurity::connected() {
  {
    const std::lock_guard lock(mutex_);
    up_ = fresh_ = true;
  }
  wake_.notify_all();
}

void DynamicSecurity::disconnected(std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    up_ = fresh_ = false;
  }
  failed("no connection: " + std::string(reason));
}

bool DynamicSecurity::open(registry::BrokerOpening opening, mqtt::Message answer) {
  {
    const std::lock_guard lock(mutex_);
    if (!up_ || !openings_.add(std::move(opening), std::move(answer))) {
      metrics_.dropped(Dropped::broker_not_ready);
      return false;
    }
  }
  wake_.notify_all();
  return true;
}

void DynamicSecurity::poll() {
  {
    const std::lock_guard lock(mutex_);
    poll_ = true;
  }
  wake_.notify_all();
}

std::optional<std::string> DynamicSecurity::complaint() {
  const std::lock_guard lock(mutex_);
  if (complaint_ || Steady::now() - polled_at_ <= longest_pause) return complaint_;
  return "the list was not compared for " + std::to_string(longest_pause.count()) + " s";
}

void DynamicSecurity::failed(const std::string& reason) {
  metrics_.broker_access_failed();
  log_.error("the broker's access list is not up to date", {{"reason", reason}});
  const std::lock_guard lock(mutex_);
  complaint_ = reason;
}

bool DynamicSecurity::has_work() const {
  return up_ && (fresh_ || poll_ || openings_.has_next() || !steps_.empty());
}

void DynamicSecurity::run() {
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
    if (up) failed(done.error());  // otherwise `disconnected` has logged why
    lock.lock();
    // Start over: it is unknown which commands were executed.
    set_plan({});
    fresh_ = poll_ = true;
    wake_.wait_for(lock, pause_after_failure, [this] { return ending_; });
  }
}

/// Polls if requested, then does the most urgent work.
DynamicSecurity::Done DynamicSecurity::work() {
  bool fresh = false;
  bool poll = false;
  {
    const std::lock_guard lock(mutex_);
    fresh = std::exchange(fresh_, false);
    poll = std::exchange(poll_, false) || fresh;
  }
  if (fresh) {
    if (const auto said = execute_and_log(foundations()); !said) return std::unexpected(said.error());
  }
  if (poll) {
    if (auto compared = compare(); !compared) return compared;
  }
  if (!steps_.empty() && steps_.front().kind == Step::Kind::urgent) return advance();
  // Alternate between devices that wait for their passwords and left-over entries.
  if (auto opened = open_waiting(); !opened) return opened;
  return advance();
}

/// The next opening to serve. An operator may have ended it meanwhile, which a poll finds, so poll first if
/// one is requested; but the first opening after a poll is always served, so that many polls do not starve
/// openings.
std::optional<Openings::Waiting> DynamicSecurity::next_opening(bool is_first) {
  const std::lock_guard lock(mutex_);
  if (fresh_ || (poll_ && !is_first)) return std::nullopt;
  return openings_.next();
}

DynamicSecurity::Done DynamicSecurity::open_waiting() {
  std::vector<registry::AppliedAccess> applied;
  for (std::size_t n = 0; n < openings_at_once; ++n) {
    auto one = next_opening(n == 0);
    if (!one) break;
    const auto& login = one->opening.login;
    auto commands = login ? logins_.admit(*login) : lift(one->opening.device_id.text());
    if (!commands || Steady::now() - one->since > stale_after) continue;
    const auto said = execute_and_log(*std::move(commands));
    if (!said) return std::unexpected(said.error());
    if (std::ranges::find(*said, false) != said->end()) continue;
    publish_(std::move(one->answer));
    if (login) applied.push_back({login->device_id.text(), {}, login->generation});
  }
  record(applied);
  return {};
}

std::optional<std::uint64_t> DynamicSecurity::last_opening() {
  const std::lock_guard lock(mutex_);
  return openings_.last();
}

std::expected<std::vector<BrokerClient>, std::string> DynamicSecurity::list() {
  std::vector<BrokerClient> all;
  for (;;) {
    auto replies = connection_->execute(std::array{list_clients(all.size(), clients_at_once)});
    if (!replies) return std::unexpected(std::move(replies.error()));
    if (!replies->front().error.empty()) return std::unexpected("listClients: " + replies->front().error);
    auto& page = replies->front().clients;
    all.insert(all.end(), std::move_iterator(page.begin()), std::move_iterator(page.end()));
    if (page.size() < clients_at_once) return all;
  }
}

/// Plans the commands: compares the broker's list with what the registry wants, read in this order.
DynamicSecurity::Done DynamicSecurity::compare() {
  const auto listed = list();
  if (!listed) return std::unexpected(listed.error());
  const auto last = last_opening();
  const auto wanted = registry::load_broker_access(registry_);
  if (!wanted) return std::unexpected(wanted.error().what);
  if (last) drop_ended(*last, *wanted);
  Plan plan = make_plan(*listed, *wanted, logins_);
  report_plan(plan);
  set_plan(std::move(plan.steps));
  catches_up_ = true;
  record(plan.done);
  const std::lock_guard lock(mutex_);
  polled_at_ = Steady::now();
  if (up_) complaint_.reset();
  return {};
}

void DynamicSecurity::set_plan(std::deque<Step> steps) {
  for (Step& step : steps_)
    wipe(step.commands);
  steps_ = std::move(steps);
}

/// Drops waiting openings that were committed before `wanted` was read and that `wanted` does not contain: an
/// operator has ended them. Once opened, they would stay valid until the next poll. The device repeats its
/// request and gets an answer by the current state.
void DynamicSecurity::drop_ended(std::uint64_t until, const registry::BrokerAccess& wanted) {
  const StillWanted still_wanted(wanted);
  std::deque<Openings::Waiting> ended;
  {
    const std::lock_guard lock(mutex_);
    ended = openings_.take_unwanted(until, std::cref(still_wanted));
  }
  for (const Openings::Waiting& one : ended)
    log_.info("an answer was dropped: its credential ended before the answer was sent",
              {{"device_id", one.opening.device_id.text()}});
}

void DynamicSecurity::report_plan(const Plan& plan) {
  metrics_.set_broker_entries(plan.entries);
  if (plan.entries > many_entries)
    log_.warning(
        "the broker's access list is so long that it slows the broker down: use broker_access.mode "
        "\"database\"",
        {{"entries", static_cast<std::int64_t>(plan.entries)}});
  for (const std::string& name : plan.risky)
    log_.warning(
        "the name of a broker account is a valid device id: a device of that name would get its rights",
        {{"account", name}});
  if (plan.lost > 0)
    log_.warning(
        "the broker cannot get some passwords: the master key from which they were derived is missing",
        {{"count", static_cast<std::int64_t>(plan.lost)}});
}

DynamicSecurity::Done DynamicSecurity::advance() {
  std::vector<Step> steps = take_together(steps_, connection_->message_limit());
  Commands commands;
  for (Step& step : steps)
    std::ranges::move(step.commands, std::back_inserter(commands));
  const auto said = execute_and_log(std::move(commands));
  if (!said) return std::unexpected(said.error());
  check_caught_up();
  std::vector<registry::AppliedAccess> applied;
  auto from = said->begin();
  for (const Step& step : steps) {
    const auto to = from + static_cast<std::ptrdiff_t>(step.commands.size());
    if (std::find(from, to, false) == to) applied.insert(applied.end(), step.then.begin(), step.then.end());
    from = to;
  }
  record(applied);
  return {};
}

/// Once all left-over entries are removed, every device may be served again.
void DynamicSecurity::check_caught_up() {
  const bool takes_away = !steps_.empty() && steps_.front().kind != Step::Kind::lets_in;
  if (!catches_up_ || takes_away) return;
  catches_up_ = false;
  const std::lock_guard lock(mutex_);
  openings_.served_anew();
}

std::expected<std::vector<bool>, std::string> DynamicSecurity::execute_and_log(Commands commands) {
  const auto replies = connection_->execute(commands);
  wipe(commands);
  if (!replies) return std::unexpected(replies.error());
  std::vector<bool> fulfilled;
  for (const Reply& reply : *replies) {
    fulfilled.push_back(reply.fulfilled());
    if (reply.fulfilled()) continue;
    metrics_.broker_access_failed();
    log_.error("the broker refused a command", {{"command", reply.command}, {"reason", reply.error}});
  }
  return fulfilled;
}

/// A failure here is repaired by the next poll.
void DynamicSecurity::record(std::span<const registry::AppliedAccess> applied) {
  if (applied.empty()) return;
  if (const auto written = registry::broker_applied(registry_, applied); !written)
    log_.warning("broker_applied_at is not written yet", {{"reason", written.error().what}});
}

}  // namespace latchkey::service::access
