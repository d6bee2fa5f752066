#include "service/broker_http/facts.hpp"

#include "crypto/encoding.hpp"

#include <mutex>
#include <utility>

namespace latchkey::service::broker_http {
namespace {

DeviceFacts facts_of(const registry::GateEntry& entry) {
  DeviceFacts facts{.denied_until = entry.denied_until, .logins = {}, .rights = {}};
  for (const auto& login : entry.logins)
    facts.logins.push_back({login.generation, login.until, crypto::to_hex(login.salt), login.hash});
  if (entry.rights) facts.rights = entry.rights->group;
  return facts;
}

bool say_something(const DeviceFacts& facts) {
  return facts.denied_until != 0 || !facts.logins.empty() || facts.rights;
}

template <class Table>
auto found_in(const Table& table, std::string_view name) {
  const auto found = table.find(name);
  return found == table.end() ? typename Table::mapped_type() : found->second;
}

}  // namespace

Known Facts::of(std::string_view device_id) const {
  const std::shared_lock lock(mutex_);
  Known known{found_in(devices_, device_id), nullptr};
  if (known.device != nullptr && known.device->rights) known.rights = found_in(sets_, *known.device->rights);
  return known;
}

std::vector<std::string> Facts::take(const registry::GateAccess& access) {
  std::vector<std::string> invalid;
  Table<protocol::Rights> sets;
  for (const registry::GateSet& set : access.sets) {
    auto rights = protocol::parse_templates(set.rights, topics_);
    if (!rights) invalid.push_back(set.group);
    sets[set.group] =
        std::make_shared<const protocol::Rights>(std::move(rights).value_or(protocol::Rights()));
  }
  std::vector<std::shared_ptr<const DeviceFacts>> devices;
  devices.reserve(access.entries.size());
  for (const registry::GateEntry& entry : access.entries)
    devices.push_back(std::make_shared<const DeviceFacts>(facts_of(entry)));
  const std::scoped_lock lock(mutex_);
  for (auto& [group, rights] : sets)
    sets_.insert_or_assign(group, std::move(rights));
  for (std::size_t n = 0; n < devices.size(); ++n) {
    const std::string& id = access.entries[n].device_id;
    if (say_something(*devices[n]))
      devices_.insert_or_assign(id, std::move(devices[n]));
    else
      devices_.erase(id);
  }
  return invalid;
}

void Facts::become(Facts&& other) {
  const std::scoped_lock lock(mutex_, other.mutex_);
  devices_ = std::move(other.devices_);
  sets_ = std::move(other.sets_);
}

void Facts::seen(Clock::time_point at) {
  const std::scoped_lock lock(mutex_);
  seen_at_ = at;
}

std::optional<Facts::Clock::time_point> Facts::seen_at() const {
  const std::shared_lock lock(mutex_);
  return seen_at_;
}

}  // namespace latchkey::service::broker_http
