#include "registry/tools.hpp"

#include "registry/admin_connection.hpp"
#include "registry/rows.hpp"

namespace latchkey::registry {

std::expected<ExplainedFacts, AdminError> load_explained(const ConnectOptions& options,
                                                         const protocol::DeviceId& id,
                                                         const ProofNamed& named) {
  return run_once<ExplainedFacts>(options, [&](pqxx::connection& connection) {
    pqxx::nontransaction reading(connection);
    const std::string group = named.group ? reading.quote(*named.group) : "NULL";
    const std::string token =
        named.token_hash ? reading.quote(hex_of(*named.token_hash)) + "::bytea" : "NULL";
    const pqxx::result rows = reading.exec(
        "SELECT (e.facts).*, e.quota_used, e.quota_max, e.is_counted FROM registry.explain_request(" +
        reading.quote(id.text()) + ", " + group + ", " + token + ") e");
    const Columns columns(rows);
    const Row facts{rows[0], columns};
    ExplainedFacts known{clock_of(facts[column::loaded_at]), request_facts_of(facts), std::nullopt};
    if (rows[0]["quota_max"].is_null()) return known;
    known.quota = QuotaLevel{rows[0]["quota_used"].as<std::int64_t>(),
                             rows[0]["quota_max"].as<std::int64_t>(), is_true(rows[0]["is_counted"])};
    return known;
  });
}

std::expected<void, AdminError> roll_group_key(const ConnectOptions& options, const std::string& group,
                                               const std::string& proof, const crypto::Bytes& material) {
  return run_once<void>(options, [&](pqxx::connection& connection) -> std::expected<void, AdminError> {
    pqxx::work transaction(connection);
    transaction.exec("SELECT registry.roll_group_key(" + transaction.quote(group) + ", " +
                     transaction.quote(hex_of(material)) + "::bytea, " + transaction.quote(proof) + ")");
    transaction.commit();
    return {};
  });
}

std::expected<std::int64_t, AdminError> retire_group_key(const ConnectOptions& options,
                                                         const std::string& group, bool anyway) {
  return run_once<std::int64_t>(options, [&](pqxx::connection& connection) {
    pqxx::work transaction(connection);
    // The caller prints its own message.
    transaction.exec("SET LOCAL client_min_messages = warning");
    const auto rows = transaction.exec("SELECT registry.retire_group_key(" + transaction.quote(group) + ")");
    const auto left_behind = rows[0][0].as<std::int64_t>();
    if (left_behind == 0 || anyway) transaction.commit();
    return left_behind;
  });
}

}  // namespace latchkey::registry
