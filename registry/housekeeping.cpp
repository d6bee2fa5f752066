#include "registry/housekeeping.hpp"

#include "registry/calls.hpp"

namespace latchkey::registry {

Result<std::vector<Outcome>> mark_sent(Registry& registry, std::span<const Sent> rows) {
  return outcomes_of(registry.session().call("mark_sent_2", rows_of(rows), false), rows.size());
}

Result<void> record_undelivered(Registry& registry, std::span<const Undelivered> messages) {
  return discard_rows(registry.session().call("note_undelivered", rows_of(messages), false));
}

Result<void> record_links(Registry& registry, std::span<const LinkLife> links) {
  return discard_rows(registry.session().call("note_links", rows_of(links), false));
}

Result<bool> maintain(Registry& registry) {
  // In a transaction of its own, so that no failure of the rest can prevent next month's partitions.
  if (const auto made = registry.session().query("SELECT registry.make_partitions()"); !made)
    return std::unexpected(made.error());
  const auto rows = registry.session().query("SELECT registry.maintain()");
  if (!rows) return std::unexpected(rows.error());
  return is_true((*rows)[0][0]);
}

Result<void> summarize(Registry& registry) {
  return discard_rows(registry.session().query("SELECT registry.summarize()"));
}

}  // namespace latchkey::registry
