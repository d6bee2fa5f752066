#include "device/records.hpp"

#include "crypto/encoding.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace latchkey::device {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// `read` may throw nlohmann/json's exceptions for a missing member or a wrong type.
template <class Read>
auto read_object(std::string_view text, const Read& read) -> std::optional<decltype(read(Json()))> {
  try {
    return read(Json::parse(text));
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

Json to_json(const protocol::Connection& connection) {
  Json out{{"host", connection.host},
           {"port", connection.port},
           {"tls", connection.tls},
           {"client_id", connection.client_id},
           {"topics", connection.topics}};
  if (!connection.publish.empty()) out["publish"] = connection.publish;
  if (!connection.subscribe.empty()) out["subscribe"] = connection.subscribe;
  for (const auto& anchor : connection.ca)
    out["ca"].push_back(crypto::base64_encode(anchor));
  return out;
}

protocol::Connection connection_from(const Json& json) {
  protocol::Connection connection{.host = json.at("host"),
                                  .port = json.at("port"),
                                  .tls = json.at("tls"),
                                  .client_id = json.at("client_id"),
                                  .ca = {},
                                  .topics = json.at("topics"),
                                  .publish = json.value("publish", std::vector<std::string>()),
                                  .subscribe = json.value("subscribe", std::vector<std::string>())};
  for (const auto& anchor : json.value("ca", Json::array()))
    connection.ca.push_back(crypto::base64_decode(anchor.get<std::string>()).value_or(crypto::Bytes()));
  return connection;
}

constexpr std::string_view by_device_key = "device_key";

std::string_view name_of(AnsweredBy by) {
  return by == AnsweredBy::device_key ? by_device_key : "service";
}
AnsweredBy answered_by_named(const std::string& name) {
  return name == by_device_key ? AnsweredBy::device_key : AnsweredBy::service;
}

}  // namespace

std::string write_record(const RequestRecord& record) {
  return text_of({{"device_id", record.device_id},
                  {"request_id", record.request_id},
                  {"has_key", record.has_key},
                  {"has_encryption_key", record.has_encryption_key},
                  {"renews", record.renews}});
}

std::optional<RequestRecord> read_request_record(std::string_view text) {
  return read_object(text, [](const Json& json) {
    return RequestRecord{.device_id = json.at("device_id"),
                         .request_id = json.at("request_id"),
                         .has_key = json.value("has_key", true),
                         .has_encryption_key = json.value("has_encryption_key", false),
                         .renews = json.value("renews", std::int64_t{0})};
  });
}

std::string write_record(const CredentialRecord& record) {
  Json out{{"device_id", record.device_id},
           {"generation", record.generation},
           {"request_id", record.request_id},
           {"renew_after", record.renew_after},
           {"has_encryption_key", record.has_encryption_key}};
  if (record.username) out["username"] = *record.username;
  if (record.answered_by) out["answered_by"] = name_of(*record.answered_by);
  for (const auto& connection : record.connections)
    out["connections"].push_back(to_json(connection));
  return text_of(out);
}

std::optional<CredentialRecord> read_credential_record(std::string_view text) {
  return read_object(text, [](const Json& json) {
    CredentialRecord record{.device_id = json.at("device_id"),
                            .generation = json.at("generation"),
                            .request_id = json.at("request_id"),
                            .renew_after = json.at("renew_after"),
                            .username = {},
                            .has_encryption_key = json.value("has_encryption_key", false),
                            .answered_by = {},
                            .connections = {}};
    if (json.contains("username")) record.username = json.at("username").get<std::string>();
    if (json.contains("answered_by")) record.answered_by = answered_by_named(json.at("answered_by"));
    for (const auto& connection : json.at("connections"))
      record.connections.push_back(connection_from(connection));
    return record;
  });
}

std::optional<ConfigRecord> config_of(std::int64_t version, const std::optional<std::string>& in_clear,
                                      const protocol::Secrets& secrets) {
  if (secrets.config)
    return ConfigRecord{.version = version,
                        .config = std::string(secrets.config->text()),
                        .is_secret = true,
                        .applied_version = 0};
  if (in_clear)
    return ConfigRecord{.version = version, .config = *in_clear, .is_secret = false, .applied_version = 0};
  return std::nullopt;
}

std::string write_record(const ConfigRecord& record) {
  return text_of({{"config_version", record.version},
                  {"config", Json::parse(record.config, nullptr, false)},
                  {"is_secret", record.is_secret},
                  {"applied_version", record.applied_version}});
}

std::optional<ConfigRecord> read_config_record(std::string_view text) {
  return read_object(text, [](const Json& json) {
    const std::int64_t version = json.at("config_version");
    return ConfigRecord{.version = version,
                        .config = json.at("config").get_ref<const Json::object_t&>().empty()
                                      ? "{}"
                                      : json.at("config").dump(),
                        .is_secret = json.value("is_secret", false),
                        .applied_version = json.value("applied_version", version)};
  });
}

std::string write_record(const ClockRecord& record) {
  return text_of({{"server_time", record.server_time}});
}

std::optional<ClockRecord> read_clock_record(std::string_view text) {
  return read_object(text,
                     [](const Json& json) { return ClockRecord{.server_time = json.at("server_time")}; });
}

}  // namespace latchkey::device
