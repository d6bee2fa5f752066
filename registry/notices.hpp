#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

struct ClaimedNotices {
  Clock now;
  std::vector<ApprovalNotice> rows;
};

/// Whom to tell that an operator decided; each is handed out once.
[[nodiscard]] Result<ClaimedNotices> claim_nudges(Registry& registry);

}  // namespace latchkey::registry
