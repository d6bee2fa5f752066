#include "registry/registry.hpp"

#include "protocol/configuration.hpp"
#include "registry/migrations.hpp"
#include "registry/session.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <utility>

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

Clock clock_of(const pqxx::field& field) {
  return Clock(std::chrono::microseconds(field.as<std::int64_t>()));
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

DeviceState state_of(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(DeviceState::revoked); ++i)
    if (name_of(static_cast<DeviceState>(i)) == name) return static_cast<DeviceState>(i);
  return DeviceState::off;
}

ProofKind proof_of(std::string_view name) {
  if (name == "symmetric_key") return ProofKind::symmetric_key;
  if (name == "public_key") return ProofKind::public_key;
  return name == "x509" ? ProofKind::x509 : ProofKind::token;
}

std::string_view name_of(SignedBy by) {
  return by == SignedBy::device_key ? "device_key" : "service";
}
SignedBy signed_by_of(std::string_view name) {
  return name == "device_key" ? SignedBy::device_key : SignedBy::service;
}

std::optional<Enrolment> enrolment_of(const pqxx::row& row) {
  if (row["origin"].is_null()) return std::nullopt;
  Enrolment enrolment;
  enrolment.origin = std::string_view(row["origin"].c_str()) == "device" ? Origin::device : Origin::group;
  enrolment.group = optional_text(row["group_name"]);
  enrolment.proof = proof_of(row["proof"].c_str());
  enrolment.material = bytes_of(row["material"]);
  enrolment.enabled = is_true(row["enabled"]);
  enrolment.config =
      protocol::merge_config(text_or(row["group_config"], "{}"), text_or(row["device_config"], "{}"));
  return enrolment;
}

Policy policy_of(const pqxx::row& row) {
  const std::string_view types = row["credential_types"].c_str();
  Policy policy;
  policy.in_window = is_true(row["in_window"]);
  policy.id_matches = is_true(row["id_matches"]);
  policy.may_reprovision = is_true(row["may_reprovision"]);
  policy.allows_x509 = types.find("x509") != std::string_view::npos;
  policy.allows_password = types.find("password") != std::string_view::npos;
  policy.lifetime_s = row["lifetime_s"].as<std::int64_t>();
  policy.unused_life_s = row["unused_life_s"].as<std::int64_t>();
  policy.quota = optional_text(row["quota"]);
  return policy;
}

std::optional<Device> device_of(const pqxx::row& row) {
  if (row["state"].is_null()) return std::nullopt;
  return Device{.state = state_of(row["state"].c_str()),
                .generation = row["generation"].as<std::int64_t>(),
                .enrolled_by = text_or(row["enrolled_by"], ""),
                .config_version = row["config_version"].as<std::int64_t>(),
                .applied_config_version = row["applied_config_version"].as<std::int64_t>(),
                .attributes = row["attributes"].c_str()};
}

std::optional<Credential> same_request_of(const pqxx::row& row) {
  if (row["same_generation"].is_null()) return std::nullopt;
  Credential credential;
  credential.generation = row["same_generation"].as<std::int64_t>();
  credential.type = std::string_view(row["same_type"].c_str()) == "x509" ? protocol::CredentialType::x509
                                                                         : protocol::CredentialType::password;
  const crypto::Bytes digest = bytes_of(row["same_digest"]);
  if (digest.size() == credential.digest.size())
    std::copy(digest.begin(), digest.end(), credential.digest.begin());
  credential.certificate = bytes_of(row["same_certificate"]);
  credential.not_before = clock_of(row["same_not_before"]);
  credential.not_after = clock_of(row["same_not_after"]);
  credential.live = is_true(row["same_live"]);
  credential.used = is_true(row["same_used"]);
  credential.signed_by = signed_by_of(row["same_signed_by"].c_str());
  return credential;
}

std::optional<Credential> newest_of(const pqxx::row& row) {
  if (row["newest_generation"].is_null()) return std::nullopt;
  Credential credential;
  credential.generation = row["newest_generation"].as<std::int64_t>();
  credential.live = is_true(row["newest_live"]);
  credential.used = is_true(row["newest_used"]);
  return credential;
}

RequestFacts request_facts_of(const pqxx::row& row) {
  RequestFacts facts{enrolment_of(row), device_of(row), same_request_of(row), newest_of(row)};
  if (facts.enrolment) facts.enrolment->policy = policy_of(row);
  return facts;
}

StatusFacts status_facts_of(const pqxx::row& row) {
  StatusFacts facts{device_of(row), enrolment_of(row), std::nullopt, text_or(row["session"], "")};
  if (!row["credential_generation"].is_null()) {
    facts.credential.emplace();
    facts.credential->generation = row["credential_generation"].as<std::int64_t>();
    facts.credential->live = is_true(row["live"]);
    facts.credential->used = is_true(row["used"]);
    facts.credential->signed_by = signed_by_of(row["signed_by"].c_str());
  }
  return facts;
}

Json json_of(const RequestKey& key) {
  return {{"device_id", key.device_id.text()},
          {"request_id", key.request_id},
          {"group_name", or_null(key.group)},
          {"token_hash", key.token_hash ? Json(hex_of(*key.token_hash)) : Json()}};
}

Json json_of(const StatusKey& key) {
  return {{"device_id", key.device_id.text()}, {"generation", or_null(key.generation)}};
}

void add_credential(Json& row, const NewCredential& credential) {
  row["type"] = credential.type == protocol::CredentialType::x509 ? "x509" : "password";
  row["request_id"] = credential.request_id;
  row["digest"] = hex_of(credential.digest);
  row["serial"] = hex_of(credential.serial);
  row["certificate"] = hex_of(credential.certificate);
  row["fingerprint"] = hex_of(credential.fingerprint);
  row["key_fingerprint"] = hex_of(credential.key_fingerprint);
  row["signed_by"] = name_of(credential.signed_by);
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
              {"repeated", or_null(decided.repeated_generation)}};
  if (const auto& registration = decided.registration) {
    row["expected"] = or_null(registration->expected_generation);
    row["to_registered"] = registration->to_registered;
    row["enrolled_by"] = registration->enrolled_by;
    row["quota"] = or_null(registration->quota);
    row["attributes"] = Json::parse(registration->attributes, nullptr, false);
    add_credential(row, registration->credential);
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

Outcome outcome_of(std::string_view name) {
  if (name == "won") return Outcome::won;
  if (name == "noted") return Outcome::noted;
  return name == "quota_exceeded" ? Outcome::quota_exceeded : Outcome::again;
}

/// Puts the rows of an answer, which come in any order, into the order of what was asked.
template <class T, class Read>
std::vector<T> in_order(const pqxx::result& rows, std::size_t size, const Read& read) {
  std::vector<T> ordered(size);
  for (const auto& row : rows)
    ordered.at(row["i"].as<std::size_t>()) = read(row);
  return ordered;
}

template <class Loaded, class Key, class Read>
Result<Loaded> load(Session& session, const char* function, std::span<const Key> keys, const Read& read) {
  auto rows = session.call(function, numbered(keys), false);
  if (!rows) return std::unexpected(std::move(rows.error()));
  // libpqxx counts rows in a signed integer from 7 on.
  if (std::cmp_not_equal(rows->size(), keys.size()))
    return std::unexpected(Error{Failure::unavailable, "the load lost a row"});
  Loaded loaded;
  loaded.now = clock_of((*rows)[0]["loaded_at"]);
  loaded.facts = in_order<typename decltype(loaded.facts)::value_type>(*rows, keys.size(), read);
  return loaded;
}

template <class Row>
Result<std::vector<Outcome>> commit(Session& session, const char* function, std::span<const Row> rows) {
  auto outcomes = session.call(function, numbered(rows), true);
  if (!outcomes) return std::unexpected(std::move(outcomes.error()));
  return in_order<Outcome>(*outcomes, rows.size(),
                           [](const pqxx::row& row) { return outcome_of(row["outcome"].c_str()); });
}

Result<void> discard_rows(Result<pqxx::result> rows) {
  if (!rows) return std::unexpected(std::move(rows.error()));
  return {};
}

}  // namespace

struct Registry::Impl {
  Session session;
};

Registry::Registry(ConnectOptions options) : impl_(std::make_unique<Impl>(Session(std::move(options)))) {}
Registry::~Registry() = default;
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;

Result<void> Registry::check() {
  auto rows = impl_->session.query("SELECT to_regclass('registry.schema_migrations') IS NULL");
  const bool fresh = rows && is_true((*rows)[0][0]);
  if (rows && !fresh)
    rows = impl_->session.query("SELECT coalesce(max(version), '') FROM registry.schema_migrations");
  if (!rows) return std::unexpected(std::move(rows.error()));
  const std::string_view needed = migrations().back().version;
  const std::string found = fresh ? "" : (*rows)[0][0].c_str();
  if (found >= needed) return {};
  return std::unexpected(Error{Failure::old_schema, "the schema is at version '" + found +
                                                        "' and this program needs " + std::string(needed) +
                                                        ": run latchkey db migrate"});
}

Result<LoadedRequests> Registry::load_requests(std::span<const RequestKey> keys) {
  return load<LoadedRequests>(impl_->session, "load_requests", keys, request_facts_of);
}

Result<std::vector<Outcome>> Registry::commit_requests(std::span<const DecidedRequest> rows) {
  return commit(impl_->session, "commit_requests", rows);
}

Result<LoadedStatuses> Registry::load_statuses(std::span<const StatusKey> keys) {
  return load<LoadedStatuses>(impl_->session, "load_statuses", keys, status_facts_of);
}

Result<std::vector<Outcome>> Registry::commit_statuses(std::span<const DecidedStatus> rows) {
  return commit(impl_->session, "commit_statuses", rows);
}

Result<void> Registry::mark_sent(std::span<const Sent> rows) {
  return discard_rows(impl_->session.call("mark_sent", numbered(rows), false));
}

Result<void> Registry::maintain() {
  return discard_rows(impl_->session.query("SELECT registry.maintain()"));
}

}  // namespace latchkey::registry
