#include "registry/configs.hpp"

#include "registry/calls.hpp"

namespace latchkey::registry {

Result<std::vector<protocol::DeviceId>> claim_configs(Registry& registry) {
  return read_all<protocol::DeviceId>(
      registry.session().call("claim_configs", "{}", false),
      [](const Row& row) { return protocol::DeviceId::parse(row[column::device_id].c_str()).value(); });
}

Result<std::vector<Outcome>> commit_configs(Registry& registry, std::span<const DecidedConfig> rows) {
  return commit(registry.session(), "commit_configs", rows);
}

Result<bool> walk_config_change(Registry& registry) {
  const auto rows = registry.session().call("walk_config_change", "{}", false);
  if (!rows) return std::unexpected(rows.error());
  return is_true((*rows)[0][0]);
}

}  // namespace latchkey::registry
