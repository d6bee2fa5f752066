#include "gate/tables.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::gate {
namespace {

// One set for each group, and one for the devices without a group.
constexpr std::size_t most_sets = 100'000;
constexpr std::uint64_t remembered_s = 3600;
// As long as the registry tells what has ended (gate_access_of): otherwise their digests would differ.
constexpr std::uint64_t told_after_end_s = std::uint64_t{31} * 24 * 3600;

bool is_over(const Device& device, std::uint64_t now) {
  return device.denied_until <= now && std::ranges::all_of(device.logins, [now](const Login& login) {
           return login.until != 0 && login.until <= now;
         });
}

bool is_over(const Serial& serial, std::uint64_t now) {
  return serial.until <= now;
}

std::uint64_t digest_of(std::string_view id, const Rights& rights) {
  if (!rights.is_told()) return 0;
  return prefix_of(sha256(write_statement(
      DeviceRights{rights.stamp.version, std::string(id), rights.set == nullptr ? "" : rights.set->first})));
}

template <class Value, class Wanted>
void append_names(const ShardedMap<Value>& map, std::size_t part, char kind, Wanted wanted,
                  std::vector<Forget>& names) {
  for (const auto& [name, value] : map.part(part))
    if (wanted(value)) names.push_back({kind, name});
}

}  // namespace

Applied Tables::apply(const Statement& statement, std::string_view line) {
  return std::visit([&](const auto& one) { return apply_one(one, line); }, statement);
}

bool Tables::has_room(bool denies) const {
  return with_access_ + serials_.size() < (denies ? 2 * most_entries_ : most_entries_);
}

/// Notes that the record was told now. Returns `changed` if this is new to the gate.
Applied Tables::renew(Record& record, std::uint64_t version, std::uint64_t digest) {
  const Stamp stamp{epoch_, version};
  if (stamp < record.stamp) return Applied::old;
  const bool was_told = record.is_told();
  record.snapshot = snapshots_;
  record.touched_at = static_cast<std::uint32_t>(now_);
  if (was_told && stamp == record.stamp && digest == record.digest) return Applied::same;
  digest_ += digest - record.digest;
  record.stamp = stamp;
  record.digest = digest;
  return Applied::changed;
}

Applied Tables::apply_one(const DeviceAccess& access, std::string_view line) {
  Device* device = devices_.find(access.id);
  if (device == nullptr || !device->record.is_told()) {
    if (!has_room(access.denied_until != 0)) return Applied::no_room;
    if (device == nullptr) device = &devices_.add(access.id);
    ++with_access_;
  }
  const bool says_something = access.denied_until != 0 || !access.logins.empty();
  const Applied applied = renew(device->record, access.version, says_something ? prefix_of(sha256(line)) : 0);
  if (applied != Applied::changed) return applied;
  device->denied_until = access.denied_until;
  device->logins.assign(access.logins.begin(), access.logins.end());
  return applied;
}

Applied Tables::apply_one(const DeniedSerial& denied, std::string_view line) {
  Serial* serial = serials_.find(denied.serial);
  if (serial == nullptr) {
    if (!has_room(true)) return Applied::no_room;
    serial = &serials_.add(denied.serial);
  }
  const Applied applied = renew(serial->record, denied.version, prefix_of(sha256(line)));
  if (applied != Applied::changed) return applied;
  serial->until = denied.until;
  serial->id = denied.id;
  return applied;
}

/// A set that was not told yet is empty. Sets are never erased, because devices point to them.
std::pair<const std::string, RightsSet>* Tables::find_or_add_set(const std::string& name) {
  const auto set = sets_.find(name);
  if (set != sets_.end()) return &*set;
  return sets_.size() < most_sets ? &*sets_.try_emplace(name).first : nullptr;
}

Applied Tables::apply_one(const SetOfRights& told, std::string_view line) {
  auto* const set = find_or_add_set(told.set);
  if (set == nullptr) return Applied::no_room;
  const Applied applied = renew(set->second.record, told.version, prefix_of(sha256(line)));
  if (applied != Applied::changed) return applied;
  set->second.publish = told.publish;
  set->second.subscribe = told.subscribe;
  return applied;
}

Applied Tables::apply_one(const DeviceRights& told, std::string_view line) {
  const auto* const set = told.set.empty() ? nullptr : find_or_add_set(told.set);
  if (set == nullptr && !told.set.empty()) return Applied::no_room;
  Device* device = devices_.find(told.id);
  if ((device == nullptr || !device->rights.is_told()) && with_rights_ >= most_entries_)
    return Applied::no_room;
  if (device == nullptr) device = &devices_.add(told.id);
  Rights& rights = device->rights;
  const Rights now{{epoch_, told.version}, set, snapshots_};
  if (now.stamp < rights.stamp) return Applied::old;
  const bool is_same = rights.is_told() && now.stamp == rights.stamp && now.set == rights.set;
  if (!is_same) digest_ += prefix_of(sha256(line)) - digest_of(told.id, rights);
  if (!rights.is_told()) ++with_rights_;
  rights = now;
  return is_same ? Applied::same : Applied::changed;
}

void Tables::forget_rights(std::string_view id) {
  Device* const device = devices_.find(id);
  if (device == nullptr || !device->rights.is_told()) return;
  digest_ -= digest_of(id, device->rights);
  --with_rights_;
  device->rights = {};
  if (!device->record.is_told()) devices_.erase(id);
}

void Tables::forget_set(std::string_view name) {
  const auto set = sets_.find(name);
  if (set == sets_.end()) return;
  digest_ -= set->second.record.digest;
  set->second = {};
}

void Tables::forget(char kind, std::string_view name) {
  if (kind == 'r') return forget_rights(name);
  if (kind == 't') return forget_set(name);
  if (Device* const device = kind == 'd' ? devices_.find(name) : nullptr) {
    digest_ -= device->record.digest;
    if (device->record.is_told()) --with_access_;
    if (device->rights.is_told())
      *device = Device{{}, 0, {}, device->rights};
    else
      devices_.erase(name);
  }
  if (const Serial* const serial = kind == 's' ? serials_.find(name) : nullptr) {
    digest_ -= serial->record.digest;
    serials_.erase(name);
  }
}

std::vector<Forget> Tables::unsaid(std::size_t part, std::uint32_t snapshot, Stamp floor) const {
  std::vector<Forget> names;
  const auto is_unsaid = [&](const auto& value) {
    return value.record.is_told() && value.record.snapshot < snapshot && value.record.stamp <= floor;
  };
  append_names(devices_, part, 'd', is_unsaid, names);
  append_names(serials_, part, 's', is_unsaid, names);
  append_names(
      devices_, part, 'r',
      [&](const Device& device) {
        const Rights& rights = device.rights;
        return rights.is_told() && rights.snapshot < snapshot && rights.stamp <= floor;
      },
      names);
  if (part > 0) return names;
  for (const auto& [name, set] : sets_)
    if (is_unsaid(set)) names.push_back({'t', name});
  return names;
}

std::vector<Forget> Tables::outdated(std::size_t part) const {
  std::vector<Forget> names;
  const auto is_outdated = [this](const auto& value) {
    return value.record.is_told() && is_over(value, now_ - std::min(now_, told_after_end_s)) &&
           value.record.touched_at + remembered_s <= now_;
  };
  append_names(devices_, part, 'd', is_outdated, names);
  append_names(serials_, part, 's', is_outdated, names);
  return names;
}

bool Tables::is_denied(std::string_view id) const {
  const Device* const found = device(id);
  return found != nullptr && is_denied(*found);
}

bool Tables::is_denied_serial(std::string_view serial) const {
  const Serial* const found = serials_.find(serial);
  return found != nullptr && found->until > now_;
}

const Login* Tables::login(std::string_view id, std::uint64_t generation) const {
  const Device* const found = device(id);
  return found == nullptr ? nullptr : login(*found, generation);
}

const Login* Tables::login(const Device& device, std::uint64_t generation) const {
  const auto found = std::ranges::find(device.logins, generation, &Login::generation);
  const bool holds = found != device.logins.end() && (found->until == 0 || found->until > now_);
  return holds ? &*found : nullptr;
}

const RightsSet* Tables::rights(std::string_view id) const {
  const Device* const found = device(id);
  return found == nullptr || found->rights.set == nullptr ? nullptr : &found->rights.set->second;
}

void Tables::write(const std::function<void(const Statement&)>& say) const {
  std::uint64_t epoch = 0;
  const auto say_at = [&](const Stamp& stamp, const Statement& statement) {
    if (std::exchange(epoch, stamp.epoch) != stamp.epoch) say(SetEpoch{stamp.epoch});
    say(statement);
  };
  for (const auto& [name, set] : sets_)
    if (set.record.is_told())
      say_at(set.record.stamp, SetOfRights{set.record.stamp.version, name, set.publish, set.subscribe});
  for (std::size_t part = 0; part < ShardedMap<Device>::parts; ++part) {
    for (const auto& [id, device] : devices_.part(part)) {
      const Rights& rights = device.rights;
      if (device.record.is_told())
        say_at(device.record.stamp, DeviceAccess{device.record.stamp.version,
                                                 id,
                                                 device.denied_until,
                                                 {device.logins.begin(), device.logins.end()}});
      if (rights.is_told())
        say_at(rights.stamp,
               DeviceRights{rights.stamp.version, id, rights.set == nullptr ? "" : rights.set->first});
    }
    for (const auto& [name, serial] : serials_.part(part))
      say_at(serial.record.stamp, DeniedSerial{serial.record.stamp.version, name, serial.id, serial.until});
  }
  say(SetEpoch{epoch_});
}

}  // namespace latchkey::gate
