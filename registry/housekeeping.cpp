#include "registry/housekeeping.hpp"

#include "registry/calls.hpp"
#include "registry/row_text.hpp"

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

Result<std::vector<ReachingRight>> note_roots(Registry& registry, const protocol::Topics& topics) {
  RowText row;
  row.begin();
  row.text(column::provisioning_root, topics.provisioning_root());
  row.text(column::devices_root, topics.devices_root());
  return read_all<ReachingRight>(
      registry.session().call("note_roots", row.take(), false), [](const Row& one) {
        return ReachingRight{one[column::group_name].c_str(), one[column::template_text].c_str()};
      });
}

Result<bool> maintain(Registry& registry) {
  // In a transaction of its own, so that no failure of the rest can prevent next month's partitions.
  const auto made = registry.session().query("SELECT registry.make_partitions()");
  // Nor may a partition that cannot be made keep what is beyond its retention.
  const auto rows = registry.session().query("SELECT registry.maintain()");
  if (!made && !rows)
    return std::unexpected(Error{rows.error().failure, made.error().what + "; then: " + rows.error().what});
  if (!made) return std::unexpected(made.error());
  if (!rows) return std::unexpected(rows.error());
  return is_true((*rows)[0][0]);
}

Result<void> summarize(Registry& registry) {
  return discard_rows(registry.session().query("SELECT registry.summarize()"));
}

}  // namespace latchkey::registry
