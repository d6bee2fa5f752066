#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

/// Devices whose configuration has to be worked out, or sent again: for this caller for some seconds.
[[nodiscard]] Result<std::vector<protocol::DeviceId>> claim_configs(Registry& registry);
[[nodiscard]] Result<std::vector<Outcome>> commit_configs(Registry& registry,
                                                          std::span<const DecidedConfig> rows);

/// One step of a group's or the fleet's change through its devices; false when there is none under way.
[[nodiscard]] Result<bool> walk_config_change(Registry& registry);

}  // namespace latchkey::registry
