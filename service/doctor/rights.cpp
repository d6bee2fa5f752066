#include "protocol/rights.hpp"

#include "registry/broker_access.hpp"
#include "service/doctor/doctor.hpp"

#include <algorithm>
#include <iterator>

namespace latchkey::service {
namespace {

constexpr std::string_view check = "device_rights";

std::string name_of(const registry::GateSet& set) {
  return set.group.empty() ? "devices without a group" : "group " + set.group;
}

/// What RabbitMQ cannot carry: `.` separates its topics' levels, and `:` virtual host and user name.
Findings examine_separators(registry::Registry& registry, const registry::GateAccess& access) {
  Findings findings;
  const auto devices = registry::count_separators(registry);
  if (devices && *devices > 0)
    findings.push_back(problem(
        "broker_ids", "broker_ids",
        (*devices == 1000 ? "1000 devices or more have" : std::to_string(*devices) + " devices have") +
            std::string(" . or : in their ids, and RabbitMQ refuses them"),
        "use ids without . and :, or another broker"));
  for (const registry::GateSet& set : access.sets)
    if (set.rights.contains('.'))
      findings.push_back(problem(check, "rights_separators",
                                 name_of(set) + ": RabbitMQ takes a . in these rights as the end of a level",
                                 "use topics without . (registry.set_fleet_rights, set_group_rights)"));
  return findings;
}

}  // namespace

Findings examine_rights(const Config& config, const crypto::Secret& password) {
  registry::Registry registry({config.database.url, password.clone(), "latchkey doctor"});
  const auto access = registry::load_gate_access(registry, {.ids = {}, .untold = 0, .after = "", .page = 0});
  if (!access) return {};  // another check says why
  const protocol::Topics topics(config.mqtt.provisioning_root, config.mqtt.devices_root);
  Findings findings;
  for (const registry::GateSet& set : access->sets)
    if (const auto rights = protocol::parse_templates(set.rights, topics); !rights)
      findings.push_back(problem(check, "rights_invalid", name_of(set) + ": " + rights.error(),
                                 "set these rights again: they do not count beside the roots of this "
                                 "configuration (registry.set_fleet_rights, set_group_rights)"));
  if (config.is_for_rabbitmq())
    std::ranges::move(examine_separators(registry, *access), std::back_inserter(findings));
  if (config.broker_access.mode != "dynamic-security" || access->sets.empty()) return findings;
  // The first set is that of devices without a group: `latchkey broker acl` prints it.
  const std::string& printed = access->sets.front().rights;
  for (const registry::GateSet& set : access->sets)
    if (set.rights != printed)
      findings.push_back(problem(check, "rights_of_group",
                                 name_of(set) + " has rights that the broker's acl_file cannot hold",
                                 "use broker_access.mode \"gate\": an acl_file gives all devices with a "
                                 "certificate the same rights"));
  return findings;
}

}  // namespace latchkey::service
