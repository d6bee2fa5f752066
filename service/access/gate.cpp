#include "service/access/gate.hpp"

#include "base/failpoint.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace latchkey::service::access {
namespace {

using registry::GateEntry;
using Steady = std::chrono::steady_clock;

// A denial waits for at most this many devices.
constexpr std::size_t devices_at_once = 250;
constexpr std::size_t openings_at_once = 100;
// The gate ends 1,000 sessions in less than a second.
constexpr std::chrono::seconds longest_ending{2};
// While the gate cannot write its journal it is sent a snapshot now and then, which begins a new journal.
constexpr std::chrono::minutes until_next_journal{1};

bool is_wanted(const registry::BrokerOpening& opening, const GateEntry* entry) {
  if (!opening.login) return entry == nullptr || entry->denied_until == 0;
  return entry != nullptr && std::ranges::any_of(entry->logins, [&](const GateEntry::Login& login) {
           return login.generation == opening.login->generation && login.salt == opening.login->salt;
         });
}

/// Denials first, then what gives access.
Statements in_order(std::span<const GateEntry> entries) {
  Statements all;
  Statements openings;
  for (const GateEntry& entry : entries) {
    Statements own = statements_of(entry);
    if (!only_takes_away(entry)) {
      openings.push_back(std::move(own.back()));
      own.pop_back();
    }
    std::ranges::move(own, std::back_inserter(all));
  }
  std::ranges::move(openings, std::back_inserter(all));
  return all;
}

/// What the registry is to record when the gate has been told these entries.
std::vector<registry::AppliedAccess> applied_of(std::span<const GateEntry> entries) {
  std::vector<registry::AppliedAccess> applied;
  for (const GateEntry& entry : entries) {
    if (!entry.untold) continue;
    applied.push_back({entry.device_id, entry.changed_at, {}, entry.version});
    for (const GateEntry::Login& login : entry.logins)
      applied.push_back({entry.device_id, {}, login.generation, {}});
  }
  return applied;
}

}  // namespace

Done Gate::say(std::int64_t epoch, std::span<const Statement> statements) {
  auto answer = access::say(list_.connection(), epoch, statements);
  if (!answer) return std::unexpected(std::move(answer.error()));
  last_ = *std::move(answer);
  list_.metrics().set_broker_entries(last_.devices + last_.serials);
  return {};
}

Done Gate::connected() {
  walk_.reset();
  is_compared_ = false;
  list_.is_not_up_to_date("the gate is not compared with the registry yet");
  return say(0, std::array<Statement, 1>{"hello"});
}

Done Gate::compare() {
  list_.serve_anew();
  if (auto told = tell_untold(); !told) return told;
  if (!last_.has_journal) {
    list_.log().error(
        "the broker's gate cannot write its journal: after a restart it is closed until the "
        "service has told it everything");
    if (!walk_ && Steady::now() - snapshot_at_ > until_next_journal) return begin_snapshot(last_.epoch);
  }
  if (is_compared_) list_.is_up_to_date();
  return {};
}

Done Gate::advance() {
  if (auto opened = open_waiting(); !opened) return opened;
  if (has_untold_) return tell_untold();
  return walk_ ? walk_on() : Done();
}

/// Begins a snapshot unless the gate is open and has this epoch.
Done Gate::take_over(std::int64_t epoch) {
  if (walk_ && walk_->epoch == epoch) return {};
  if (!last_.is_open || last_.epoch != epoch) return begin_snapshot(epoch);
  if (!is_compared_) walk_ = Walk{.is_snapshot = false, .after = {}, .digest = 0, .told = 0, .epoch = epoch};
  return {};
}

Done Gate::begin_snapshot(std::int64_t epoch) {
  // The snapshot also sends what has ended, so the gate need only drop entries of earlier epochs: floor 0.
  if (auto begun = say(epoch, std::array<Statement, 1>{"begin 0"}); !begun) return begun;
  list_.log().info("the broker's gate is told everything");
  snapshot_at_ = Steady::now();
  walk_ = Walk{.is_snapshot = true, .after = {}, .digest = 0, .told = 0, .epoch = epoch};
  return {};
}

Done Gate::tell(const registry::GateAccess& access) {
  const Statements statements = in_order(access.entries);
  if (statements.empty()) return {};
  if (auto said = say(access.epoch, statements); !said) return said;
  if (walk_) walk_->told += statements.size();
  if (auto ended = await_ends(); !ended) return ended;
  list_.record(applied_of(access.entries));
  return {};
}

/// Waits until the gate has ended the sessions that a change ends: only then the change is applied.
Done Gate::await_ends() {
  const auto until = Steady::now() + longest_ending;
  while (last_.pending > 0 && Steady::now() < until)
    if (auto said = say(last_.epoch, std::array<Statement, 1>{"hello"}); !said) return said;
  return {};
}

Done Gate::tell_untold() {
  const auto access = registry::load_gate_access(
      list_.registry(), {.ids = {}, .untold = devices_at_once, .after = {}, .page = 0});
  if (!access) return std::unexpected(access.error().what);
  if (auto taken = take_over(access->epoch); !taken) return taken;
  has_untold_ = access->entries.size() == devices_at_once;
  return tell(*access);
}

/// Publishes waiting answers after the gate has been told their passwords, unless an operator ended these
/// meanwhile. It tells the gate other untold entries at the same time, so a denial never waits behind
/// openings.
Done Gate::open_waiting() {
  std::vector<Openings::Waiting> waiting;
  registry::GateQuery query{.ids = {}, .untold = devices_at_once, .after = {}, .page = 0};
  while (waiting.size() < openings_at_once) {
    auto one = list_.next_opening(waiting.empty());
    if (!one) break;
    if (is_stale(*one)) continue;
    query.ids.push_back(one->opening.device_id.text());
    waiting.push_back(*std::move(one));
  }
  if (waiting.empty()) return {};
  const auto access = registry::load_gate_access(list_.registry(), query);
  if (!access) return std::unexpected(access.error().what);
  if (auto taken = take_over(access->epoch); !taken) return taken;
  if (auto told = tell(*access); !told) return told;
  std::map<std::string, const GateEntry*> told;
  for (const GateEntry& entry : access->entries)
    told.emplace(entry.device_id, &entry);
  for (Openings::Waiting& one : waiting)
    answer(one, told);
  return {};
}

void Gate::answer(Openings::Waiting& one, const std::map<std::string, const GateEntry*>& told) {
  const auto found = told.find(one.opening.device_id.text());
  if (is_wanted(one.opening, found == told.end() ? nullptr : found->second))
    list_.publish(std::move(one.answer));
  else
    list_.log_dropped(one.opening.device_id);
}

Done Gate::walk_on() {
  const auto page = registry::load_gate_access(
      list_.registry(), {.ids = {}, .untold = 0, .after = walk_->after, .page = devices_at_once});
  if (!page) return std::unexpected(page.error().what);
  // The registry was restored meanwhile.
  if (page->epoch != walk_->epoch) return take_over(page->epoch);
  if (page->entries.empty()) return end_walk();
  walk_->after = page->entries.back().device_id;
  if (walk_->is_snapshot) {
    auto told = tell(*page);
    failpoint("gate_page_told");
    return told;
  }
  for (const GateEntry& entry : page->entries)
    walk_->digest += digest_of(entry);
  return {};
}

Done Gate::end_walk() {
  const Walk walk = *std::exchange(walk_, std::nullopt);
  const Statement last = walk.is_snapshot ? "end " + std::to_string(walk.told) : "hello";
  if (auto said = say(walk.epoch, std::array{last}); !said) return said;
  if (!walk.is_snapshot && last_.digest != walk.digest) return begin_snapshot(walk.epoch);
  is_compared_ = true;
  list_.is_up_to_date();
  return {};
}

}  // namespace latchkey::service::access
