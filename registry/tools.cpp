#include "registry/tools.hpp"

#include "registry/admin_connection.hpp"
#include "registry/rows.hpp"

namespace latchkey::registry {

std::expected<ExplainedFacts, AdminError> load_explained(const ConnectOptions& options,
                                                         const protocol::DeviceId& id,
                                                         const std::optional<std::string>& group) {
  return with_connection<ExplainedFacts>(options, [&](pqxx::connection& connection) {
    pqxx::nontransaction reading(connection);
    const std::string named = group ? reading.quote(*group) : "NULL";
    const auto rows = reading.exec(
        "SELECT (e.facts).*, e.quota_used, e.quota_max, e.is_counted FROM registry.explain_request(" +
        reading.quote(id.text()) + ", " + named + ") e");
    ExplainedFacts known{request_facts_of(rows[0]), std::nullopt};
    if (rows[0]["quota_max"].is_null()) return known;
    known.quota = QuotaLevel{rows[0]["quota_used"].as<std::int64_t>(),
                             rows[0]["quota_max"].as<std::int64_t>(), is_true(rows[0]["is_counted"])};
    return known;
  });
}

}  // namespace latchkey::registry
