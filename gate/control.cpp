#include "gate/control.hpp"

#include "gate/names.hpp"
#include "gate/version.hpp"

#include <algorithm>

namespace latchkey::gate {
namespace {

constexpr std::size_t longest_correlation = 32;
constexpr std::size_t most_snapshots = 8;

template <class Kind>
bool is(const Statement& statement) {
  return std::holds_alternative<Kind>(statement);
}

bool is_of_journal(const Statement& statement) {
  return is<FileStart>(statement) || is<FileEnd>(statement) || is<SetEpoch>(statement) ||
         is<SetOpen>(statement) || is<Forget>(statement);
}

struct Head {
  std::string_view correlation;
  std::uint64_t epoch = 0;
};

/// `latchkey 1 CORRELATION EPOCH`
std::optional<Head> read_head(std::string_view line) {
  const bool is_ours = take_until(line, ' ') == "latchkey" && take_until(line, ' ') == "1";
  const std::string_view correlation = take_until(line, ' ');
  const auto epoch = read_number(line);
  if (!is_ours || !epoch || correlation.size() > longest_correlation || !is_device_id(correlation))
    return std::nullopt;
  return Head{correlation, *epoch};
}

}  // namespace

std::optional<std::string> Control::take(const std::string& client, std::string_view message,
                                         std::size_t to_end) {
  if (message.size() > longest_message) return std::nullopt;
  const auto head = read_head(take_until(message, '\n'));
  if (!head) return std::nullopt;
  const auto lines = read_lines(message);
  const Answer answer = lines ? execute(client, head->epoch, *lines) : "refused unreadable";
  journal_.flush();
  return "latchkey 1 " + std::string(head->correlation) + "\n" + state(to_end) + "\n" + answer + "\n";
}

/// `begin` is allowed as the first line only, and `end` as the last.
std::optional<std::vector<Control::Line>> Control::read_lines(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const std::string_view line = take_until(text, '\n');
    auto statement = read_statement(line);
    const bool is_misplaced =
        statement && ((is<Begin>(*statement) && !lines.empty()) || (is<End>(*statement) && !text.empty()));
    if (!statement || is_of_journal(*statement) || is_misplaced) return std::nullopt;
    lines.push_back({*std::move(statement), line});
  }
  return lines.empty() ? std::nullopt : std::optional(std::move(lines));
}

std::optional<Control::Answer> Control::refusal(const std::string& client, std::uint64_t epoch,
                                                std::span<const Line> lines) const {
  const bool begins = is<Begin>(lines.front().statement);
  const bool is_hello = lines.size() == 1 && is<Hello>(lines.front().statement);
  const bool fits = begins ? epoch >= tables_.epoch() : epoch == tables_.epoch();
  if (!fits && !is_hello) return "refused epoch";
  if (begins && snapshots_.size() >= most_snapshots && !snapshots_.contains(client))
    return "refused snapshots";
  if (is<End>(lines.back().statement) && !begins && !snapshots_.contains(client)) return "refused end";
  return std::nullopt;
}

Control::Answer Control::execute(const std::string& client, std::uint64_t epoch,
                                 std::span<const Line> lines) {
  if (auto refused = refusal(client, epoch, lines)) return *std::move(refused);
  if (const auto* const first = std::get_if<Begin>(&lines.front().statement))
    begin(client, epoch, first->floor);
  const auto found = snapshots_.find(client);
  Snapshot* const snapshot = found == snapshots_.end() ? nullptr : &found->second;
  Counts counts;
  for (std::size_t i = 0; i < lines.size(); ++i)
    apply(lines[i], i + 1, snapshot, counts);
  if (const auto* const last = std::get_if<End>(&lines.back().statement)) {
    if (snapshot->lines != last->count) return "refused count";
    complete(client);
  }
  if (!counts.no_room.empty()) return "refused room" + counts.no_room;
  return "done " + std::to_string(counts.applied) + " " + std::to_string(counts.old);
}

/// A line for which there is no room does not keep the others out, nor a snapshot from its end: otherwise who
/// fills the tables would stop denials.
void Control::apply(const Line& line, std::size_t number, Snapshot* snapshot, Counts& counts) {
  if (is<Hello>(line.statement) || is<Begin>(line.statement) || is<End>(line.statement)) return;
  const Applied applied = tables_.apply(line.statement, line.text);
  if (snapshot != nullptr) ++snapshot->lines;
  if (applied == Applied::no_room) counts.no_room += " " + std::to_string(number);
  if (applied == Applied::old) ++counts.old;
  if (applied == Applied::no_room || applied == Applied::old) return;
  ++counts.applied;
  // Until a snapshot is complete, a new journal lacks entries that the tables have.
  if (applied == Applied::changed || (snapshot != nullptr && !has_all_))
    journal_.add(tables_.epoch(), line.text);
  if (applied == Applied::changed) note_change(line.statement);
}

void Control::note_change(const Statement& statement) {
  if (const auto* const access = std::get_if<DeviceAccess>(&statement)) changed_.push_back(access->id);
  if (const auto* const denied = std::get_if<DeniedSerial>(&statement)) changed_.push_back(denied->id);
}

void Control::begin(const std::string& client, std::uint64_t epoch, std::uint64_t floor) {
  if (journal_.is_lost()) {
    journal_.start_afresh();
    has_all_ = false;
    ++journals_;
  }
  tables_.set_epoch(epoch);
  snapshots_[client] = {tables_.begin_snapshot(), {epoch, floor}, journals_, 0};
}

void Control::complete(const std::string& client) {
  to_sweep_ = snapshots_.extract(client).mapped();
  swept_ = 0;
  is_open_ = true;
  // The beginning of a snapshot that is older than the journal is not in it.
  if (to_sweep_->journal != journals_) return;
  has_all_ = true;
  journal_.add(SetEpoch{tables_.epoch()});
  journal_.add(SetOpen{});
}

bool Control::sweep() {
  if (!to_sweep_) return false;
  drop(tables_.unsaid(swept_, to_sweep_->number, to_sweep_->floor));
  if (++swept_ == ShardedMap<Device>::parts) to_sweep_.reset();
  return to_sweep_.has_value();
}

void Control::drop_outdated() {
  drop(tables_.outdated(aged_));
  aged_ = (aged_ + 1) % ShardedMap<Device>::parts;
}

void Control::drop(const std::vector<Forget>& names) {
  for (const Forget& forget : names) {
    tables_.forget(forget.kind, forget.name);
    journal_.add(tables_.epoch(), write_statement(forget));
    if (forget.kind == 'd') changed_.push_back(forget.name);
  }
  journal_.flush();
}

/// `state open|closed EPOCH DIGEST DEVICES SERIALS RIGHTS PENDING journal|no-journal VERSION`
std::string Control::state(std::size_t to_end) const {
  std::array<unsigned char, 8> digest{};
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<unsigned char>(tables_.digest() >> (56 - 8 * i));
  std::string text =
      std::string("state ") + (is_open_ ? "open " : "closed ") + std::to_string(tables_.epoch());
  text += " " + to_hex(digest);
  const std::size_t to_sweep = to_sweep_ ? ShardedMap<Device>::parts - swept_ : 0;
  const std::size_t pending = to_sweep + changed_.size() + to_end;
  for (const std::size_t count : {tables_.devices(), tables_.serials(), tables_.with_rights(), pending})
    text += " " + std::to_string(count);
  const bool holds_after_a_restart = !journal_.is_lost() && (has_all_ || !is_open_);
  return text + (holds_after_a_restart ? " journal " : " no-journal ") + version;
}

}  // namespace latchkey::gate
