#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

struct ClaimedNotices {
  Clock now;
  std::vector<ApprovalNotice> rows;
};

/// Claims the devices to notify of an operator's decision; each is returned once.
[[nodiscard]] Result<ClaimedNotices> claim_notices(Registry& registry);

}  // namespace latchkey::registry
