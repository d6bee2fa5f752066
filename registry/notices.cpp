#include "registry/notices.hpp"

#include "registry/calls.hpp"

namespace latchkey::registry {

Result<ClaimedNotices> claim_notices(Registry& registry) {
  const auto rows = registry.session().call("claim_nudges", "{}", false);
  if (!rows) return std::unexpected(rows.error());
  const Columns columns(*rows);
  ClaimedNotices notices;
  for (const auto& row : *rows) {
    const Row notice{row, columns};
    notices.now = clock_of(notice[column::loaded_at]);
    notices.rows.push_back(notice_of(notice));
  }
  return notices;
}

}  // namespace latchkey::registry
