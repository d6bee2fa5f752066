#include "service/access/dynamic_security.hpp"

#include "registry/broker_access.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>

namespace latchkey::service::access {
namespace {

using Steady = std::chrono::steady_clock;

// The plugin writes its whole file for each command: a message is short enough that the broker does not
// stall.
constexpr std::size_t commands_at_once = 20;
constexpr std::size_t clients_at_once = 500;
constexpr std::size_t openings_at_once = 20;
// A device has asked again by then.
constexpr std::chrono::seconds stale_after{8};
constexpr std::chrono::seconds pause_after_failure{1};
// Somebody asks for a look every 5 s.
constexpr std::chrono::seconds longest_pause{15};
// Beyond this the plugin's file makes each change slow: 122 s for 10,000 clients.
constexpr std::size_t many_entries = 2000;

/// Steps from the front as long as what they say fits into one message, at least one.
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
  auto conversation = Conversation::open(
      std::move(options), [self] { self->connected(); },
      [self](std::string_view reason) { self->disconnected(reason); });
  if (!conversation) return std::unexpected(std::move(conversation.error()));
  made->conversation_ = std::move(*conversation);
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
  conversation_->end();
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

void DynamicSecurity::look() {
  {
    const std::lock_guard lock(mutex_);
    look_ = true;
  }
  wake_.notify_all();
}

std::optional<std::string> DynamicSecurity::complaint() {
  const std::lock_guard lock(mutex_);
  if (complaint_ || Steady::now() - polled_at_ <= longest_pause) return complaint_;
  return "there was no look at the list for " + std::to_string(longest_pause.count()) + " s";
}

void DynamicSecurity::failed(const std::string& reason) {
  metrics_.broker_access_failed();
  log_.error("the broker's access list is not up to date", {{"reason", reason}});
  const std::lock_guard lock(mutex_);
  complaint_ = reason;
}

bool DynamicSecurity::has_work() const {
  return up_ && (fresh_ || look_ || openings_.has_next() || !steps_.empty());
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
    if (up) failed(done.error());  // else it was said why there is no connection
    lock.lock();
    // From the beginning: who knows what was done of it.
    plan_is({});
    fresh_ = look_ = true;
    wake_.wait_for(lock, pause_after_failure, [this] { return ending_; });
  }
}

/// A look if there is reason to, and what is most urgent after it.
DynamicSecurity::Done DynamicSecurity::work() {
  bool fresh = false;
  bool look = false;
  {
    const std::lock_guard lock(mutex_);
    fresh = std::exchange(fresh_, false);
    look = std::exchange(look_, false) || fresh;
  }
  if (fresh) {
    if (const auto said = say(foundations()); !said) return std::unexpected(said.error());
  }
  if (look) {
    if (auto compared = compare(); !compared) return compared;
  }
  if (!steps_.empty() && steps_.front().kind == Step::Kind::urgent) return advance();
  // Devices that wait for their passwords and what is left over take turns.
  if (auto opened = open_waiting(); !opened) return opened;
  return advance();
}

/// An operator may have ended since what waits here, which the next look finds. The first comes right after
/// one, so that openings go on however many looks there are.
std::optional<Openings::Waiting> DynamicSecurity::next_opening(bool is_first) {
  const std::lock_guard lock(mutex_);
  if (fresh_ || (look_ && !is_first)) return std::nullopt;
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
    const auto said = say(*std::move(commands));
    if (!said) return std::unexpected(said.error());
    if (std::ranges::find(*said, false) != said->end()) continue;
    publish_(std::move(one->answer));
    if (login) applied.push_back({login->device_id.text(), {}, login->generation});
  }
  write_down(applied);
  return {};
}

std::optional<std::uint64_t> DynamicSecurity::last_opening() {
  const std::lock_guard lock(mutex_);
  return openings_.last();
}

std::expected<std::vector<BrokerClient>, std::string> DynamicSecurity::list() {
  std::vector<BrokerClient> all;
  for (;;) {
    auto replies = conversation_->ask(std::array{list_clients(all.size(), clients_at_once)});
    if (!replies) return std::unexpected(std::move(replies.error()));
    if (!replies->front().error.empty()) return std::unexpected("listClients: " + replies->front().error);
    auto& page = replies->front().clients;
    all.insert(all.end(), std::move_iterator(page.begin()), std::move_iterator(page.end()));
    if (page.size() < clients_at_once) return all;
  }
}

/// What has to be said, from what the broker has and, read after that, what the registry wants.
DynamicSecurity::Done DynamicSecurity::compare() {
  const auto listed = list();
  if (!listed) return std::unexpected(listed.error());
  const auto last = last_opening();
  const auto wanted = registry::load_broker_access(registry_);
  if (!wanted) return std::unexpected(wanted.error().what);
  if (last) drop_ended(*last, *wanted);
  Plan plan = make_plan(*listed, *wanted, logins_);
  note(plan);
  plan_is(std::move(plan.steps));
  catches_up_ = true;
  write_down(plan.done);
  const std::lock_guard lock(mutex_);
  polled_at_ = Steady::now();
  if (up_) complaint_.reset();
  return {};
}

void DynamicSecurity::plan_is(std::deque<Step> steps) {
  for (Step& step : steps_)
    wipe(step.commands);
  steps_ = std::move(steps);
}

/// What waits and was committed before `wanted` was read, and what that says no more, has been ended since:
/// opened, it would be good until the next look. The device asks again, and is answered by what holds then.
void DynamicSecurity::drop_ended(std::uint64_t until, const registry::BrokerAccess& wanted) {
  const StillWanted still_wanted(wanted);
  std::deque<Openings::Waiting> ended;
  {
    const std::lock_guard lock(mutex_);
    ended = openings_.take_unwanted(until, std::cref(still_wanted));
  }
  for (const Openings::Waiting& one : ended)
    log_.info("an answer was dropped: what it gives was ended meanwhile",
              {{"device_id", one.opening.device_id.text()}});
}

void DynamicSecurity::note(const Plan& plan) {
  metrics_.set_broker_entries(plan.entries);
  if (plan.entries > many_entries)
    log_.warning("so many entries make the broker slow: broker_access.mode \"database\" has no such limit",
                 {{"entries", static_cast<std::int64_t>(plan.entries)}});
  for (const std::string& name : plan.risky)
    log_.warning("an account of the broker is called as a device could be, which would get its rights",
                 {{"account", name}});
  if (plan.lost > 0)
    log_.warning("passwords cannot be given to the broker: their master key is gone",
                 {{"count", static_cast<std::int64_t>(plan.lost)}});
}

DynamicSecurity::Done DynamicSecurity::advance() {
  std::vector<Step> steps = take_together(steps_, conversation_->room());
  Commands commands;
  for (Step& step : steps)
    std::ranges::move(step.commands, std::back_inserter(commands));
  const auto said = say(std::move(commands));
  if (!said) return std::unexpected(said.error());
  caught_up();
  std::vector<registry::AppliedAccess> applied;
  auto from = said->begin();
  for (const Step& step : steps) {
    const auto to = from + static_cast<std::ptrdiff_t>(step.commands.size());
    if (std::find(from, to, false) == to) applied.insert(applied.end(), step.then.begin(), step.then.end());
    from = to;
  }
  write_down(applied);
  return {};
}

/// Devices are served anew once what they left behind is taken away.
void DynamicSecurity::caught_up() {
  const bool takes_away = !steps_.empty() && steps_.front().kind != Step::Kind::lets_in;
  if (!catches_up_ || takes_away) return;
  catches_up_ = false;
  const std::lock_guard lock(mutex_);
  openings_.served_anew();
}

std::expected<std::vector<bool>, std::string> DynamicSecurity::say(Commands commands) {
  const auto replies = conversation_->ask(commands);
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

/// What cannot be written now is found again by the next look.
void DynamicSecurity::write_down(std::span<const registry::AppliedAccess> applied) {
  if (applied.empty()) return;
  if (const auto written = registry::broker_applied(registry_, applied); !written)
    log_.warning("broker_applied_at is not written yet", {{"reason", written.error().what}});
}

}  // namespace latchkey::service::access
