#include "service/access/gate.hpp"

#include "base/failpoint.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace latchkey::service::access {
namespace {

using registry::GateEntry;
using Steady = std::chrono::steady_clock;

// A denial waits until the gate was told of at most this many devices, and twice as many whose rights it was
// not told: the next look at the registry tells denials first.
constexpr std::size_t devices_at_once = 250;
constexpr std::size_t openings_at_once = 100;
// The gate ends 1,000 sessions in less than a second.
constexpr std::chrono::seconds longest_ending{2};
// While the gate cannot write its journal it is sent a snapshot now and then, which begins a new journal.
constexpr std::chrono::minutes until_next_journal{1};
// While it lacks room too, since the registry does not record what it did not take.
constexpr std::chrono::minutes until_next_room{10};

bool is_wanted(const registry::BrokerOpening& opening, const GateEntry* entry) {
  if (opening.rights) return entry != nullptr && entry->rights;
  if (!opening.login) return entry == nullptr || entry->denied_until == 0;
  return entry != nullptr && std::ranges::any_of(entry->logins, [&](const GateEntry::Login& login) {
           return login.generation == opening.login->generation && login.salt == opening.login->salt;
         });
}

}  // namespace

Done Gate::say(std::int64_t epoch, std::span<const Statement> statements) {
  auto said = access::say(list_.connection(), epoch, statements);
  if (!said) return std::unexpected(std::move(said.error()));
  last_ = std::move(said->last);
  without_room_ = std::move(said->without_room);
  list_.metrics().set_broker_entries(last_.devices + last_.serials);
  return {};
}

Done Gate::connected() {
  walk_.reset();
  is_compared_ = lacks_room_ = false;
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
  // There may be room for what it did not take.
  if (lacks_room_ && !walk_ && Steady::now() - snapshot_at_ > until_next_room)
    return begin_snapshot(last_.epoch);
  say_whether_up_to_date();
  return {};
}

void Gate::say_whether_up_to_date() {
  if (lacks_room_)
    list_.is_not_up_to_date(
        "the gate has no room for some devices: raise plugin_opt_max_entries at the broker");
  else if (is_compared_)
    list_.is_up_to_date();
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
  lacks_room_ = false;
  walk_ = Walk{.is_snapshot = true, .after = {}, .digest = 0, .told = 0, .epoch = epoch};
  return {};
}

Done Gate::tell(registry::GateAccess& access) {
  const Statements statements = in_order(access, topics_);
  if (statements.empty()) return {};
  if (auto said = say(access.epoch, statements); !said) return said;
  if (walk_) walk_->told += statements.size();
  if (!without_room_.empty()) leave_out(access);
  if (auto ended = await_ends(); !ended) return ended;
  list_.record(registry::applied_of(access.entries));
  list_.record(registry::told_rights_of(access));
  return {};
}

/// The gate has no room for some of it. The rest goes on: nothing that has no room may keep denials out.
void Gate::leave_out(registry::GateAccess& access) {
  lacks_room_ = true;
  has_untold_ = false;  // it would be loaded again at once: the next poll is soon enough
  list_.metrics().broker_access_failed();
  list_.log().error("the broker's gate has no room for some devices: raise plugin_opt_max_entries",
                    {{"count", static_cast<std::int64_t>(without_room_.size())}});
  access = without(std::move(access), without_room_, topics_);
  say_whether_up_to_date();
}

/// Waits until the gate has ended the sessions that a change ends: only then the change is applied.
Done Gate::await_ends() {
  const auto until = Steady::now() + longest_ending;
  while (last_.pending > 0 && Steady::now() < until)
    if (auto said = say(last_.epoch, std::array<Statement, 1>{"hello"}); !said) return said;
  return {};
}

Done Gate::tell_untold() {
  auto access = registry::load_gate_access(list_.registry(),
                                           {.ids = {}, .untold = devices_at_once, .after = {}, .page = 0});
  if (!access) return std::unexpected(access.error().what);
  if (auto taken = take_over(access->epoch); !taken) return taken;
  has_untold_ = access->entries.size() >= devices_at_once || access->sets.size() >= devices_at_once;
  return tell(*access);
}

/// Publishes waiting messages after the gate has been told their devices' passwords or rights, unless an
/// operator ended the passwords meanwhile. It tells the gate other untold entries at the same time, so a
/// denial never waits behind openings.
Done Gate::open_waiting() {
  std::vector<Openings::Waiting> waiting;
  std::vector<std::string> without_rights;
  registry::GateQuery query{.ids = {}, .untold = devices_at_once, .after = {}, .page = 0};
  while (waiting.size() < openings_at_once) {
    auto one = list_.next_opening(waiting.empty());
    if (!one) break;
    query.ids.push_back(one->opening.device_id.text());
    if (one->opening.rights) without_rights.push_back(query.ids.back());
    waiting.push_back(*std::move(one));
  }
  if (waiting.empty()) return {};
  if (!without_rights.empty())
    if (const auto noted = registry::note_rights(list_.registry(), without_rights); !noted)
      return std::unexpected(noted.error().what);
  auto access = registry::load_gate_access(list_.registry(), query);
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
    list_.publish(std::move(one.messages));
  else
    list_.log_dropped(one.opening.device_id);
}

Done Gate::walk_on() {
  auto page = registry::load_gate_access(
      list_.registry(), {.ids = {}, .untold = 0, .after = walk_->after, .page = devices_at_once});
  if (!page) return std::unexpected(page.error().what);
  // The registry was restored meanwhile.
  if (page->epoch != walk_->epoch) return take_over(page->epoch);
  const bool is_first = walk_->after.empty();
  const bool is_last = page->entries.empty();
  if (!is_last) walk_->after = page->entries.back().device_id;
  if (walk_->is_snapshot) {
    if (auto told = tell(*page); !told) return told;
    failpoint("gate_page_told");
  } else {
    if (!is_first) page->sets.clear();  // the first page had all of them
    walk_->digest += digest_of(*page, topics_);
  }
  return is_last ? end_walk() : Done();
}

Done Gate::end_walk() {
  const Walk walk = *std::exchange(walk_, std::nullopt);
  const Statement last = walk.is_snapshot ? "end " + std::to_string(walk.told) : "hello";
  if (auto said = say(walk.epoch, std::array{last}); !said) return said;
  if (!walk.is_snapshot && last_.digest != walk.digest) return begin_snapshot(walk.epoch);
  is_compared_ = true;
  say_whether_up_to_date();
  return {};
}

}  // namespace latchkey::service::access
