#include "registry/notices.hpp"

#include "registry/calls.hpp"

namespace latchkey::registry {

Result<Nudges> claim_nudges(Registry& registry) {
  const auto rows = registry.session().call("claim_nudges", "{}", false);
  if (!rows) return std::unexpected(rows.error());
  const Columns columns(*rows);
  Nudges nudges;
  for (const auto& row : *rows) {
    const Row nudge{row, columns};
    nudges.now = clock_of(nudge[column::loaded_at]);
    nudges.rows.push_back(nudge_of(nudge));
  }
  return nudges;
}

}  // namespace latchkey::registry
