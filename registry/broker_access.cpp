#include "registry/broker_access.hpp"

#include "registry/calls.hpp"

namespace latchkey::registry {

Result<BrokerAccess> load_broker_access(Registry& registry) {
  const auto rows = registry.session().query("SELECT * FROM registry.load_broker_access()");
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

Result<void> broker_applied(Registry& registry, std::span<const AppliedAccess> rows) {
  return discard_rows(registry.session().call("broker_applied", rows_of(rows), false));
}

Result<void> access_looked_up(Registry& registry) {
  return discard_rows(registry.session().query("SELECT registry.access_looked_up()"));
}

}  // namespace latchkey::registry
