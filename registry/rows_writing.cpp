#include "registry/rows.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>

namespace latchkey::registry {
namespace {

using Json = nlohmann::json;

std::string timestamp(Clock at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ld.%06ldZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(),
                time.seconds().count(), time.subseconds().count());
  return text.data();
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// Device text was checked to be UTF-8 when it was decoded; what is not becomes U+FFFD rather than an
// exception.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view name_of(SignedBy by) {
  return by == SignedBy::device_key ? "device_key" : "service";
}

template <class Octets>
Json hex_or_null(const std::optional<Octets>& octets) {
  return octets ? Json(hex_of(*octets)) : Json();
}

Json json_of(const RequestKey& key) {
  return {{"device_id", key.device_id.text()},         {"request_id", key.request_id},
          {"group_name", or_null(key.group)},          {"token_hash", hex_or_null(key.token_hash)},
          {"ca_subject", hex_or_null(key.ca_subject)}, {"certificate", hex_or_null(key.certificate)}};
}

Json json_of(const StatusKey& key) {
  return {{"device_id", key.device_id.text()}, {"generation", or_null(key.generation)}};
}

void add_secret(Json& row, const NewCredential& credential) {
  if (credential.type == protocol::CredentialType::x509) {
    row["type"] = "x509";
    row["serial"] = hex_of(credential.serial);
    row["certificate"] = hex_of(credential.certificate);
    row["fingerprint"] = hex_of(credential.fingerprint);
    row["key_fingerprint"] = hex_of(credential.key_fingerprint);
  } else {
    row["type"] = "password";
    row["salt"] = hex_of(credential.salt);
    row["master_key"] = hex_of(credential.master_key);
  }
}

void add_credential(Json& row, const NewCredential& credential) {
  add_secret(row, credential);
  row["request_id"] = credential.request_id;
  row["digest"] = hex_of(credential.digest);
  row["signed_by"] = name_of(credential.signed_by);
  row["answer_key"] = hex_or_null(credential.answer_key);
  if (const auto& key = credential.encryption_key)
    row["encryption_key"] = hex_of(key->x) + crypto::to_hex(key->y);
  row["not_before"] = timestamp(credential.not_before);
  row["not_after"] = timestamp(credential.not_after);
  row["use_by"] = timestamp(credential.use_by);
}

Json json_of(const DecidedRequest& decided) {
  const Attempt& attempt = decided.attempt;
  Json row = {{"device_id", attempt.device_id},
              {"tracking_id", attempt.tracking_id},
              {"received_at", timestamp(attempt.received_at)},
              {"decision", attempt.decision},
              {"code", attempt.code.empty() ? Json() : Json(attempt.code)},
              {"reason", attempt.reason.empty() ? Json() : Json(attempt.reason)},
              {"group_name", or_null(attempt.group)},
              {"counted", attempt.counted},
              {"repeated", or_null(decided.repeated_generation)}};
  if (const auto& registration = decided.registration) {
    row["expected"] = or_null(registration->expected_generation);
    row["to_registered"] = registration->to_registered;
    row["enrolled_by"] = registration->enrolled_by;
    row["proof_key"] = hex_or_null(registration->proof_key);
    row["quota"] = or_null(registration->quota);
    row["attributes"] = Json::parse(registration->attributes, nullptr, false);
    add_credential(row, registration->credential);
  }
  if (const auto& waiting = decided.waiting) {
    row["expected"] = or_null(waiting->expected_generation);
    row["digest"] = hex_of(waiting->digest);
    row["attributes"] = Json::parse(waiting->attributes, nullptr, false);
  }
  return row;
}

Json json_of(const DecidedStatus& decided) {
  const protocol::StatusMessage& status = decided.status;
  Json row = {{"device_id", decided.device_id.text()},
              {"kind", protocol::name_of(status.kind)},
              {"session", status.session},
              {"generation", status.generation},
              {"config_version", status.config_version},
              {"expected", name_of(decided.expected)},
              {"next", name_of(decided.next)}};
  if (status.attributes) row["attributes"] = Json::parse(*status.attributes, nullptr, false);
  if (status.kind == protocol::StatusKind::failed) row["failure"] = status.code + ": " + status.message;
  return row;
}

Json json_of(const Sent& sent) {
  return {{"device_id", sent.device_id}, {"generation", sent.generation}};
}

template <class T>
std::string numbered(std::span<const T> items) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    rows.push_back(json_of(items[i]));
    rows.back()["i"] = i;
  }
  return dump(rows);
}

}  // namespace

std::string rows_of(std::span<const RequestKey> keys) {
  return numbered(keys);
}
std::string rows_of(std::span<const StatusKey> keys) {
  return numbered(keys);
}
std::string rows_of(std::span<const DecidedRequest> rows) {
  return numbered(rows);
}
std::string rows_of(std::span<const DecidedStatus> rows) {
  return numbered(rows);
}
std::string rows_of(std::span<const Sent> rows) {
  return numbered(rows);
}

}  // namespace latchkey::registry
