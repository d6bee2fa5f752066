#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

/// Claims devices whose configuration must be computed or sent again; the claim lasts some seconds.
[[nodiscard]] Result<std::vector<protocol::DeviceId>> claim_configs(Registry& registry);
[[nodiscard]] Result<std::vector<Outcome>> commit_configs(Registry& registry,
                                                          std::span<const DecidedConfig> rows);

/// Does one step of applying a group's or the fleet's change to its devices; false when none is in progress.
[[nodiscard]] Result<bool> walk_config_change(Registry& registry);

}  // namespace latchkey::registry
