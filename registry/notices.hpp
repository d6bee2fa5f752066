#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

struct Nudges {
  Clock now;
  std::vector<Nudge> rows;
};

/// Whom to tell that an operator decided; each is handed out once.
[[nodiscard]] Result<Nudges> claim_nudges(Registry& registry);

}  // namespace latchkey::registry
