#include "registry/administration.hpp"

#include "registry/admin_connection.hpp"

#include <nlohmann/json.hpp>

namespace latchkey::registry {
namespace {

// Passes all arguments as one JSON parameter, which avoids the different parameter types of libpqxx 6 and 7.
std::expected<void, AdminError> call(const ConnectOptions& options, const std::string& sql,
                                     const std::string& arguments) {
  return run_once<void>(options, [&](pqxx::connection& connection) -> std::expected<void, AdminError> {
    pqxx::work transaction(connection);
    transaction.exec("WITH p AS (SELECT " + transaction.quote(arguments) + "::jsonb AS p) " + sql);
    transaction.commit();
    return {};
  });
}

template <class T>
nlohmann::json or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

std::string dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json config_of(const std::optional<std::string>& config) {
  return nlohmann::json::parse(config.value_or("{}"), nullptr, false);
}

}  // namespace

std::expected<void, AdminError> enroll(const ConnectOptions& options, const GroupEnrolment& group) {
  const nlohmann::json arguments = {{"name", group.name},
                                    {"proof", group.proof},
                                    {"material", hex_of(group.material)},
                                    {"max_devices", or_null(group.max_devices)},
                                    {"device_id_pattern", or_null(group.device_id_pattern)},
                                    {"valid_from", or_null(group.valid_from)},
                                    {"valid_until", or_null(group.valid_until)},
                                    {"lifetime_s", or_null(group.lifetime_s)},
                                    {"unused_life_s", or_null(group.unused_life_s)},
                                    {"renewal_grace_days", or_null(group.renewal_grace_days)},
                                    {"revoke_retired", group.revoke_retired},
                                    {"config", config_of(group.config)},
                                    {"id_from", or_null(group.id_from)},
                                    {"admission", group.admission},
                                    {"reprovisioning", group.reprovisioning},
                                    {"credential_types", group.credential_types},
                                    {"sealing", group.sealing},
                                    {"token_attributes", group.token_attributes}};
  return call(
      options,
      "SELECT registry.enroll_group(p->>'name', p->>'proof', (p->>'material')::bytea, "
      "(p->>'max_devices')::bigint, "
      "p->>'device_id_pattern', (p->>'valid_from')::timestamptz, (p->>'valid_until')::timestamptz, "
      "(p->>'lifetime_s')::bigint, p->'config', id_from => p->>'id_from', admission => p->>'admission', "
      "reprovisioning => p->>'reprovisioning', unused_life_s => (p->>'unused_life_s')::bigint, "
      "renewal_grace_days => (p->>'renewal_grace_days')::int, revoke_retired => "
      "(p->>'revoke_retired')::boolean, "
      "credential_types => ARRAY(SELECT jsonb_array_elements_text(p->'credential_types')), "
      "sealing => p->>'sealing', token_attributes => p->>'token_attributes') FROM p",
      dump(arguments));
}

std::expected<void, AdminError> enroll(const ConnectOptions& options, const DeviceEnrolment& device) {
  const nlohmann::json arguments = {
      {"device_id", device.device_id},
      {"proof", device.proof},
      {"material", device.material.empty() ? nlohmann::json() : nlohmann::json(hex_of(device.material))},
      {"group", or_null(device.group)},
      {"config", config_of(device.config)}};
  return call(
      options,
      "SELECT registry.enroll_device(p->>'device_id', p->>'proof', (p->>'material')::bytea, p->>'group', "
      "p->'config') FROM p",
      dump(arguments));
}

}  // namespace latchkey::registry
