#include "gate/tables.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::gate {
namespace {

// One set for the fleet, and one for each group with other rights.
constexpr std::size_t most_sets = 10'000;
constexpr std::size_t most_templates = 32;
constexpr std::uint64_t remembered_s = 3600;

bool is_over(const Device& device, std::uint64_t now) {
  return device.denied_until <= now && std::ranges::all_of(device.logins, [now](const Login& login) {
           return login.until != 0 && login.until <= now;
         });
}

bool is_over(const Serial& serial, std::uint64_t now) {
  return serial.until <= now;
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

bool Tables::has_room() const {
  return devices_.size() + serials_.size() < most_entries_;
}

/// Nothing if there is no room for it.
Device* Tables::find_or_add(std::string_view id) {
  if (Device* const device = devices_.find(id)) return device;
  return has_room() ? &devices_.add(id) : nullptr;
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
  Device* const device = find_or_add(access.id);
  if (device == nullptr) return Applied::no_room;
  const bool says_something = access.denied_until != 0 || !access.logins.empty();
  const Applied applied = renew(device->record, access.version, says_something ? prefix_of(sha256(line)) : 0);
  if (applied != Applied::changed) return applied;
  device->denied_until = access.denied_until;
  device->logins = access.logins;
  device->logins.shrink_to_fit();
  return applied;
}

Applied Tables::apply_one(const DeniedSerial& denied, std::string_view line) {
  Serial* serial = serials_.find(denied.serial);
  if (serial == nullptr) {
    if (!has_room()) return Applied::no_room;
    serial = &serials_.add(denied.serial);
  }
  const Applied applied = renew(serial->record, denied.version, prefix_of(sha256(line)));
  if (applied != Applied::changed) return applied;
  serial->until = denied.until;
  serial->id = denied.id;
  return applied;
}

Applied Tables::apply_one(const SetTemplate& made, std::string_view) {
  auto set = sets_.find(made.set);
  if (set == sets_.end()) {
    if (sets_.size() >= most_sets) return Applied::no_room;
    set = sets_.try_emplace(made.set).first;
  }
  auto& filters = made.direction == Direction::publish ? set->second.publish : set->second.subscribe;
  if (std::ranges::find(filters, made.filter) != filters.end()) return Applied::same;
  if (filters.size() >= most_templates) return Applied::no_room;
  filters.push_back(made.filter);
  return Applied::changed;
}

Applied Tables::apply_one(const DeviceRights& told, std::string_view) {
  const auto set = sets_.find(told.set);
  if (!told.set.empty() && set == sets_.end()) return Applied::no_set;
  Device* const device = find_or_add(told.id);
  if (device == nullptr) return Applied::no_room;
  Rights& rights = device->rights;
  const Rights now{{epoch_, told.version}, told.set.empty() ? nullptr : &*set};
  if (now.stamp < rights.stamp) return Applied::old;
  if (now.stamp == rights.stamp && now.set == rights.set) return Applied::same;
  if (!rights.is_told()) ++with_rights_;
  rights = now;
  return Applied::changed;
}

void Tables::forget(char kind, std::string_view name) {
  if (Device* const device = kind == 'd' ? devices_.find(name) : nullptr) {
    digest_ -= device->record.digest;
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
  return names;
}

std::vector<Forget> Tables::outdated(std::size_t part) const {
  std::vector<Forget> names;
  const auto is_outdated = [this](const auto& value) {
    return value.record.is_told() && is_over(value, now_) && value.record.touched_at + remembered_s <= now_;
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
  for (const auto& [name, set] : sets_) {
    for (const std::string& filter : set.publish)
      say(SetTemplate{name, Direction::publish, filter});
    for (const std::string& filter : set.subscribe)
      say(SetTemplate{name, Direction::subscribe, filter});
  }
  for (std::size_t part = 0; part < ShardedMap<Device>::parts; ++part) {
    for (const auto& [id, device] : devices_.part(part)) {
      const Rights& rights = device.rights;
      if (device.record.is_told())
        say_at(device.record.stamp,
               DeviceAccess{device.record.stamp.version, id, device.denied_until, device.logins});
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
