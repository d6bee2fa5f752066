#include "registry/admin_connection.hpp"
#include "registry/tools.hpp"

#include <nlohmann/json.hpp>

namespace latchkey::registry {
namespace {

constexpr int keys_at_once = 1000;

std::string quoted(const pqxx::transaction_base& transaction, const KeyId& id) {
  return transaction.quote(hex_of(id)) + "::bytea";
}

pqxx::result sealed_keys(AdminConnection& connection, const KeyId& master_key, const std::string& after) {
  return connection.run([&](pqxx::connection& at) {
    pqxx::nontransaction reading(at);
    return reading.exec("SELECT purpose, sealed FROM registry.sealed_keys(" + quoted(reading, master_key) +
                        ", " + reading.quote(after) + ", " + std::to_string(keys_at_once) + ")");
  });
}

std::int64_t write(AdminConnection& connection, const nlohmann::json& resealed) {
  return connection.run([&](pqxx::connection& at) {
    pqxx::work writing(at);
    const auto rows = writing.exec("SELECT registry.reseal(" + writing.quote(resealed.dump()) + "::jsonb)");
    writing.commit();
    return rows[0][0].as<std::int64_t>();
  });
}

nlohmann::json sealed_anew(const pqxx::result& keys, const Resealer& resealer) {
  auto list = nlohmann::json::array();
  for (const auto& row : keys) {
    const std::string purpose = row["purpose"].c_str();
    const auto resealed = resealer(purpose, bytes_of(row["sealed"]));
    if (!resealed) continue;
    list.push_back(
        {{"purpose", purpose}, {"sealed", row["sealed"].c_str()}, {"resealed", hex_of(*resealed)}});
  }
  return list;
}

}  // namespace

std::expected<UnderOthers, AdminError> under_other_master_keys(const ConnectOptions& options,
                                                               const KeyId& master_key) {
  return run_once<UnderOthers>(options, [&](pqxx::connection& connection) {
    pqxx::nontransaction reading(connection);
    const auto rows = reading.exec("SELECT keys, passwords FROM registry.under_other_master_keys(" +
                                   quoted(reading, master_key) + ")");
    return UnderOthers{rows[0][0].as<std::int64_t>(), rows[0][1].as<std::int64_t>()};
  });
}

std::expected<void, AdminError> reseal_keys(const ConnectOptions& options, const KeyId& master_key,
                                            const Resealer& resealer,
                                            const std::function<void(std::int64_t)>& progress) {
  return with_connection<void>(options, [&](AdminConnection& connection) -> std::expected<void, AdminError> {
    std::int64_t done = 0;
    std::string after;
    for (auto keys = sealed_keys(connection, master_key, after); !keys.empty();
         keys = sealed_keys(connection, master_key, after)) {
      done += write(connection, sealed_anew(keys, resealer));
      progress(done);
      after = keys.back()["purpose"].c_str();
    }
    return {};
  });
}

}  // namespace latchkey::registry
