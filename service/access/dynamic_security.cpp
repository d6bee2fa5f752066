#include "service/access/dynamic_security.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>

namespace latchkey::service::access {
namespace {

using Steady = std::chrono::steady_clock;

// The plugin writes its whole file for each command: a message is short enough that the broker does not
// stall, and stays below its message_size_limit.
constexpr std::size_t commands_at_once = 20;
constexpr std::size_t bytes_at_once = 12000;
constexpr std::size_t clients_at_once = 500;
constexpr std::size_t openings_at_once = 100;
constexpr std::size_t most_waiting = 1000;
// A device has asked again by then.
constexpr std::chrono::seconds stale_after{8};
constexpr std::chrono::seconds pause_after_failure{1};
// Beyond this the plugin's file makes each change slow: 122 s for 10,000 clients.
constexpr std::size_t many_entries = 2000;

std::size_t bytes_of(const Commands& commands) {
  std::size_t bytes = 0;
  for (const Command& command : commands)
    bytes += command.size() + 48;  // what write_commands adds
  return bytes;
}

/// Steps from the front as long as what they say fits into one message, at least one.
std::vector<Step> take_together(std::deque<Step>& steps) {
  std::vector<Step> together;
  std::size_t commands = 0;
  std::size_t bytes = 0;
  while (!steps.empty()) {
    commands += steps.front().commands.size();
    bytes += bytes_of(steps.front().commands);
    if (!together.empty() && (commands > commands_at_once || bytes > bytes_at_once)) break;
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
  auto conversation =
      Conversation::open(std::move(options), [self](bool up) { self->connection_changed(up); });
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
  thread_.join();
}

void DynamicSecurity::connection_changed(bool up) {
  {
    const std::lock_guard lock(mutex_);
    up_ = up;
    fresh_ = up;
  }
  wake_.notify_all();
}

bool DynamicSecurity::open(registry::BrokerOpening opening, mqtt::Message answer) {
  {
    const std::lock_guard lock(mutex_);
    if (!up_ || waiting_.size() >= most_waiting) {
      metrics_.dropped(Dropped::broker_not_ready);
      return false;
    }
    waiting_.push_back({std::move(opening), std::move(answer), Steady::now()});
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

bool DynamicSecurity::has_work() const {
  return up_ && (fresh_ || look_ || !waiting_.empty() || !steps_.empty());
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
    metrics_.broker_access_failed();
    log_.error("the broker's access list is not up to date", {{"reason", done.error()}});
    // From the beginning: who knows what was done of it.
    plan_is({});
    fresh_ = look_ = true;
    wake_.wait_for(lock, pause_after_failure, [this] { return ending_; });
  }
}

/// One message to the broker, the most urgent, or a look.
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
  if (look) return compare();
  return count_waiting() > 0 ? open_waiting() : advance();
}

std::size_t DynamicSecurity::count_waiting() {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

/// Devices wait for these; but who is to be kept out comes first, and a look finds whether these still hold.
std::optional<DynamicSecurity::Waiting> DynamicSecurity::next_waiting() {
  const std::lock_guard lock(mutex_);
  if (look_ || fresh_ || waiting_.empty()) return std::nullopt;
  Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  return next;
}

DynamicSecurity::Done DynamicSecurity::open_waiting() {
  std::vector<registry::AppliedAccess> applied;
  for (std::size_t n = 0; n < openings_at_once; ++n) {
    auto one = next_waiting();
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
  const std::size_t waiting = count_waiting();
  const auto wanted = registry_.load_broker_access();
  if (!wanted) return std::unexpected(wanted.error().what);
  drop_ended(waiting, *wanted);
  Plan plan = make_plan(*listed, *wanted, logins_);
  note(plan);
  plan_is(std::move(plan.steps));
  write_down(plan.done);
  return {};
}

void DynamicSecurity::plan_is(std::deque<Step> steps) {
  for (Step& step : steps_)
    wipe(step.commands);
  steps_ = std::move(steps);
}

/// The first `count` of those that wait were committed before `wanted` was read. What it says no more has
/// been ended since: opened, it would be good until the next look. The device asks again, and is answered by
/// what holds then.
void DynamicSecurity::drop_ended(std::size_t count, const registry::BrokerAccess& wanted) {
  if (count == 0) return;
  const StillWanted still_wanted(wanted);
  std::deque<Waiting> ended;
  {
    const std::lock_guard lock(mutex_);
    const auto last = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    const auto first = std::stable_partition(waiting_.begin(), last,
                                             [&](const Waiting& one) { return still_wanted(one.opening); });
    std::move(first, last, std::back_inserter(ended));
    waiting_.erase(first, last);
  }
  for (const Waiting& one : ended)
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
  std::vector<Step> steps = take_together(steps_);
  Commands commands;
  for (Step& step : steps)
    std::ranges::move(step.commands, std::back_inserter(commands));
  if (commands.empty()) return {};
  const auto said = say(std::move(commands));
  if (!said) return std::unexpected(said.error());
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
  if (const auto written = registry_.broker_applied(applied); !written)
    log_.warning("broker_applied_at is not written yet", {{"reason", written.error().what}});
}

}  // namespace latchkey::service::access
