#include "registry/broker_access.hpp"

#include "registry/calls.hpp"

namespace latchkey::registry {

Result<BrokerAccess> load_broker_access(Registry& registry) {
  const auto rows = registry.session().query("SELECT * FROM registry.load_broker_access_2()");
  if (!rows) return std::unexpected(rows.error());
  const Columns columns(*rows);
  BrokerAccess access;
  for (const auto& row : *rows)
    add_access(access, {row, columns});
  return access;
}

Result<GateAccess> load_gate_access(Registry& registry, const GateQuery& query) {
  const auto rows = registry.session().call("load_gate_access", gate_query_of(query), false);
  if (!rows) return std::unexpected(rows.error());
  const Columns columns(*rows);
  GateAccess access;
  for (const auto& row : *rows)
    add_gate_access(access, {row, columns});
  return access;
}

Result<AccessChanges> load_access_changes(Registry& registry, const AccessQuery& query) {
  const auto rows = registry.session().call("load_access_changes", access_query_of(query), false);
  if (!rows) return std::unexpected(rows.error());
  const Columns columns(*rows);
  AccessChanges changes;
  for (const auto& each : *rows)
    add_access_change(changes, {each, columns});
  return changes;
}

std::vector<AppliedAccess> applied_of(std::span<const GateEntry> entries) {
  std::vector<AppliedAccess> applied;
  for (const GateEntry& entry : entries) {
    if (!entry.untold) continue;
    applied.push_back({entry.device_id, entry.changed_at, {}, entry.version});
    for (const GateEntry::Login& login : entry.logins)
      applied.push_back({entry.device_id, {}, login.generation, {}});
  }
  return applied;
}

std::vector<ToldRights> told_rights_of(const GateAccess& access) {
  std::vector<ToldRights> told;
  for (const GateSet& set : access.sets)
    if (set.untold) told.push_back({std::nullopt, set.group, set.version});
  for (const GateEntry& entry : access.entries)
    if (entry.rights && entry.rights->untold)
      told.push_back({entry.device_id, std::nullopt, entry.rights->version});
  return told;
}

Result<void> note_rights(Registry& registry, std::span<const std::string> ids) {
  return discard_rows(registry.session().call("note_rights", ids_of(ids), false));
}

Result<void> rights_told(Registry& registry, std::span<const ToldRights> rows) {
  return discard_rows(registry.session().call("rights_told", rows_of(rows), false));
}

Result<void> broker_applied(Registry& registry, std::span<const AppliedAccess> rows) {
  return discard_rows(registry.session().call("broker_applied", rows_of(rows), false));
}

Result<std::vector<AppliedAccess>> claim_cuts(Registry& registry, std::size_t most, bool by_crl) {
  const std::string query =
      R"({"most":)" + std::to_string(most) + R"(,"by_crl":)" + (by_crl ? "true}" : "false}");
  const auto rows = registry.session().call("claim_cuts", query, false);
  if (!rows) return std::unexpected(rows.error());
  const Columns columns(*rows);
  std::vector<AppliedAccess> claimed;
  for (const auto& each : *rows)
    claimed.push_back(cut_of({each, columns}));
  return claimed;
}

Result<void> sessions_ended(Registry& registry, std::span<const AppliedAccess> rows) {
  return discard_rows(registry.session().call("sessions_ended", rows_of(rows), false));
}

Result<std::int64_t> count_separators(Registry& registry) {
  const auto rows = registry.session().query("SELECT devices FROM registry.count_separators()");
  if (!rows) return std::unexpected(rows.error());
  return (*rows)[0][0].as<std::int64_t>();
}

Result<void> access_looked_up(Registry& registry) {
  return discard_rows(registry.session().query("SELECT registry.access_looked_up()"));
}

}  // namespace latchkey::registry
