#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

struct LoadedStatuses {
  Clock now;
  std::vector<StatusFacts> facts;
};

[[nodiscard]] Result<LoadedStatuses> load_statuses(Registry& registry, std::span<const StatusKey> keys);
[[nodiscard]] Result<std::vector<Outcome>> commit_statuses(Registry& registry,
                                                           std::span<const DecidedStatus> rows);

}  // namespace latchkey::registry
