#include "gate/acl.hpp"

#include "gate/names.hpp"

#include <algorithm>

namespace latchkey::gate {
namespace {

/// True if the topic is `ROOT/ID/CHANNEL`.
bool is_own(std::string_view topic, std::string_view root, std::string_view id, std::string_view channel) {
  return topic.size() == root.size() + id.size() + channel.size() + 2 && topic.starts_with(root) &&
         topic[root.size()] == '/' && topic.substr(root.size() + 1).starts_with(id) &&
         topic[root.size() + 1 + id.size()] == '/' && topic.ends_with(channel);
}

bool is_own_of_provisioning(const Names& names, const Asked& asked) {
  return is_own(asked.topic, names.provisioning_root, asked.client_id,
                asked.access == Access::write ? "request" : "response");
}

bool is_own_of_devices(const Names& names, const Asked& asked) {
  return is_own(asked.topic, names.devices_root, asked.client_id,
                asked.access == Access::write ? "status" : "config");
}

bool is_right(const RightsSet& set, const Asked& asked) {
  const auto& filters = asked.access == Access::write ? set.publish : set.subscribe;
  return std::ranges::any_of(
      filters, [&](const std::string& filter) { return covers(filter, asked.client_id, asked.topic); });
}

/// `device`: nullptr if nothing was told about it.
bool is_live(const Tables& tables, const Device* device, const Asked& asked) {
  if (device != nullptr && tables.is_denied(*device)) return false;
  if (asked.username == asked.client_id) return true;  // it came with a certificate
  const auto generation = generation_of(asked.username, asked.client_id);
  return generation && device != nullptr && tables.login(*device, *generation) != nullptr;
}

bool may(const Names& names, const Tables& tables, const Asked& asked) {
  if (asked.username == names.bootstrap_account) return is_own_of_provisioning(names, asked);
  const Device* const device = tables.device(asked.client_id);
  if (!is_live(tables, device, asked)) return false;
  if (is_own_of_provisioning(names, asked) || is_own_of_devices(names, asked)) return true;
  const bool has_rights = device != nullptr && device->rights.set != nullptr;
  return has_rights && !asked.topic.starts_with('$') && is_right(device->rights.set->second, asked);
}

}  // namespace

bool covers(std::string_view filter, std::string_view id, std::string_view wanted) {
  for (;;) {
    const bool filter_ends = filter.find('/') == std::string_view::npos;
    const bool wanted_ends = wanted.find('/') == std::string_view::npos;
    const std::string_view level = take_until(filter, '/');
    if (level == "#") return true;
    const std::string_view other = take_until(wanted, '/');
    if (other == "#") return false;
    if (level == id_level ? other != id : level != "+" && level != other) return false;
    if (wanted_ends) return filter_ends || filter == "#";  // `a/#` has the topic `a`
    if (filter_ends) return false;
  }
}

Verdict decide(const Names& names, const Tables& tables, const Asked& asked) {
  const bool is_device = is_device_id(asked.client_id);
  if (asked.topic == control_topic || asked.topic == response_topic) {
    const bool is_fine = (asked.access == Access::write) == (asked.topic == control_topic);
    return !is_device && is_fine && asked.username == names.control_account ? Verdict::allow : Verdict::deny;
  }
  if (!is_device) return Verdict::defer;
  // Unsubscribing harms nobody, and must work after the device has lost the right to subscribe.
  if (asked.access == Access::unsubscribe) return Verdict::allow;
  return may(names, tables, asked) ? Verdict::allow : Verdict::deny;
}

}  // namespace latchkey::gate
