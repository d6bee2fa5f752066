#include "registry/row_text.hpp"
#include "registry/rows.hpp"

#include <array>
#include <cstdio>

namespace latchkey::registry {
namespace {

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

std::string_view name_of(SignedBy by) {
  return by == SignedBy::device_key ? "device_key" : "service";
}

void add_text(RowText& row, const Column& name, const std::optional<std::string>& value) {
  if (value) row.text(name, *value);
}
void add_number(RowText& row, const Column& name, const std::optional<std::int64_t>& value) {
  if (value) row.number(name, *value);
}
template <class Octets>
void add_hex(RowText& row, const Column& name, const std::optional<Octets>& value) {
  if (value) row.hex(name, *value);
}

void add(RowText& row, const RequestKey& key) {
  row.text(column::device_id, key.device_id.text());
  row.text(column::request_id, key.request_id);
  add_text(row, column::group_name, key.group);
  add_hex(row, column::token_hash, key.token_hash);
  add_hex(row, column::ca_subject, key.ca_subject);
  add_hex(row, column::certificate, key.certificate);
  add_hex(row, column::last_subject, key.last_subject);
}

void add(RowText& row, const StatusKey& key) {
  row.text(column::device_id, key.device_id.text());
  add_number(row, column::generation, key.generation);
  if (key.is_signed) row.flag(column::signed_connected, true);
  if (key.newest_session) row.flag(column::newest_session, true);
}

void add_secret(RowText& row, const NewCredential& credential) {
  if (credential.type == protocol::CredentialType::x509) {
    row.text(column::type, "x509");
    row.hex(column::serial, credential.serial);
    row.hex(column::certificate, credential.certificate);
    row.hex(column::fingerprint, credential.fingerprint);
    row.hex(column::key_fingerprint, credential.key_fingerprint);
    add_hex(row, column::issuer, credential.issuer);
  } else {
    row.text(column::type, "password");
    row.hex(column::salt, credential.salt);
    row.hex(column::master_key, credential.master_key);
    add_hex(row, column::password_hash, credential.password_hash);
    add_hex(row, column::pbkdf2, credential.pbkdf2);
  }
}

void add(RowText& row, const SealedUnder& under) {
  if (const auto* id = std::get_if<KeyId>(&under)) return row.hex(column::sealing_key, *id);
  const auto& key = std::get<protocol::EncryptionKey>(under);
  crypto::Bytes point = key.x;
  point.insert(point.end(), key.y.begin(), key.y.end());
  row.hex(column::sealing_key, point);
  row.hex(column::encryption_key, point);  // what a service of the version before looks at
}

void add(RowText& row, const NewCredential& credential) {
  add_secret(row, credential);
  row.text(column::request_id, credential.request_id);
  row.hex(column::digest, credential.digest);
  row.text(column::signed_by, name_of(credential.signed_by));
  add_hex(row, column::answer_key, credential.answer_key);
  if (credential.sealed_under) add(row, *credential.sealed_under);
  row.text(column::not_before, timestamp(credential.not_before));
  row.text(column::not_after, timestamp(credential.not_after));
  row.text(column::use_by, timestamp(credential.use_by));
}

/// The members version_from and following; `version` is the column of the new version in this row type.
void add_configured(RowText& row, const Column& version, const std::optional<Configured>& before,
                    const std::optional<Configured>& now) {
  if (before) {
    row.number(column::version_from, before->version);
    add_number(row, column::layers_from, before->layers);
  }
  if (!now) return;
  row.number(version, now->version);
  add_number(row, column::config_layers, now->layers);
  add_hex(row, column::config_digest, now->digest);
  if (!now->fault.empty()) row.text(column::config_fault, now->fault);
  add_hex(row, column::endpoint, now->endpoint);
}

void add(RowText& row, const Attempt& attempt) {
  row.text(column::device_id, attempt.device_id);
  row.text(column::tracking_id, attempt.tracking_id);
  row.text(column::received_at, timestamp(attempt.received_at));
  row.text(column::decision, attempt.decision);
  if (!attempt.code.empty()) row.text(column::code, attempt.code);
  if (attempt.cause) row.text(column::reason, attempt.cause->id());
  if (attempt.cause && !attempt.cause->detail.empty()) row.text(column::detail, attempt.cause->detail);
  add_text(row, column::group_name, attempt.group);
  row.flag(column::counted, attempt.counted);
}

void add(RowText& row, const Registration& registration) {
  add_number(row, column::expected, registration.expected_generation);
  row.flag(column::to_registered, registration.to_registered);
  row.text(column::enrolled_by, registration.enrolled_by);
  add_hex(row, column::proof_key, registration.proof_key);
  add_text(row, column::quota, registration.quota);
  row.json(column::attributes_json, registration.attributes);
  row.json(column::reported_json, registration.reported);
  add(row, registration.credential);
  add_configured(row, column::config_version, registration.configured_before, registration.configured);
}

void add(RowText& row, const DecidedRequest& decided) {
  add(row, decided.attempt);
  add_number(row, column::repeated, decided.repeated_generation);
  if (decided.registration) add(row, *decided.registration);
  if (decided.max_message_bytes > 0) row.number(column::max_message_bytes, decided.max_message_bytes);
  if (decided.without_ca) row.flag(column::without_ca, true);
  if (const auto& waiting = decided.waiting) {
    add_number(row, column::expected, waiting->expected_generation);
    row.hex(column::digest, waiting->digest);
    row.json(column::attributes_json, waiting->attributes);
    add_text(row, column::quota, waiting->quota);
    if (!waiting->request_id.empty()) row.text(column::request_id, waiting->request_id);
    row.text(column::signed_by, name_of(waiting->signed_by));
    add_hex(row, column::answer_key, waiting->answer_key);
  }
}

void add(RowText& row, const DecidedStatus& decided) {
  const protocol::StatusMessage& status = decided.status;
  row.text(column::device_id, decided.device_id.text());
  row.text(column::kind, protocol::name_of(status.kind));
  row.text(column::session, status.session);
  row.number(column::generation, status.generation);
  row.number(column::config_version, status.config_version);
  row.text(column::expected_state, name_of(decided.expected));
  row.text(column::next, name_of(decided.next));
  if (status.attributes) row.json(column::attributes_json, *status.attributes);
  if (status.kind == protocol::StatusKind::failed)
    row.text(column::failure, status.code + ": " + status.message);
  row.flag(column::confirms, decided.confirms);
  if (!status.previous.empty()) row.text(column::previous, status.previous);
  if (decided.handed_over) row.text(column::handed_over_at, timestamp(*decided.handed_over));
  add_configured(row, column::new_version, decided.configured_before, decided.configured);
}

void add(RowText& row, const DecidedConfig& decided) {
  row.text(column::device_id, decided.device_id.text());
  row.text(column::session, decided.session);
  row.flag(column::waits, decided.waits);
  add_configured(row, column::new_version, decided.configured_before, decided.configured);
}

void add(RowText& row, const LinkLife& link) {
  row.text(column::link, link.name);
  row.number(column::ready_ms, link.ready_since.count());
  row.flag(column::lost, link.lost);
  if (!link.version.empty()) row.text(column::service_version, link.version);
}

void add(RowText& row, const Undelivered& message) {
  row.text(column::device_id, message.device_id);
  row.text(column::what, message.what);
  row.number(column::ago_ms, message.ago.count());
}

void add(RowText& row, const Sent& sent) {
  row.text(column::device_id, sent.device_id);
  row.number(column::generation, sent.generation);
}

void add(RowText& row, const ToldRights& told) {
  add_text(row, column::device_id, told.device_id);
  add_text(row, column::group_name, told.group);
  row.number(column::version, told.version);
}

void add(RowText& row, const AppliedAccess& applied) {
  row.text(column::device_id, applied.device_id);
  add_number(row, column::generation, applied.generation);
  add_number(row, column::changed_at, applied.changed_at);
  add_number(row, column::version, applied.version);
  if (applied.goes_on) row.flag(column::goes_on, true);
}

/// `"ids":[...]`. No character of an id needs an escape.
std::string member_ids(std::span<const std::string> ids) {
  std::string list;
  for (const std::string& id : ids)
    list.append(list.empty() ? "\"" : ",\"").append(id).append(1, '"');
  return R"("ids":[)" + list + "]";
}

template <class T>
std::string written(std::span<const T> items, Locked locked = Locked::wait) {
  RowText rows;
  for (const T& item : items) {
    rows.begin();
    add(rows, item);
    if (locked == Locked::skip) rows.flag(column::skip_locked, true);
  }
  return rows.take();
}

}  // namespace

std::string rows_of(std::span<const RequestKey> keys) {
  return written(keys);
}
std::string rows_of(std::span<const StatusKey> keys) {
  return written(keys);
}
std::string rows_of(std::span<const DecidedRequest> rows, Locked locked) {
  return written(rows, locked);
}
std::string rows_of(std::span<const DecidedStatus> rows, Locked locked) {
  return written(rows, locked);
}
std::string rows_of(std::span<const Sent> rows) {
  return written(rows);
}
std::string rows_of(std::span<const AppliedAccess> rows) {
  return written(rows);
}
std::string rows_of(std::span<const ToldRights> rows) {
  return written(rows);
}
std::string ids_of(std::span<const std::string> ids) {
  return "{" + member_ids(ids) + "}";
}
std::string gate_query_of(const GateQuery& query) {
  std::string text = "{" + member_ids(query.ids) + R"(,"untold":)" + std::to_string(query.untold);
  if (query.after) text += R"(,"after":")" + *query.after + R"(","page":)" + std::to_string(query.page);
  return text + "}";
}
std::string access_query_of(const AccessQuery& query) {
  std::string text = R"({"page":)" + std::to_string(query.page) + R"(,"after_id":")" +
                     (query.after ? query.after->device_id : "") + '"';
  if (query.after) text += R"(,"after_change":")" + query.after->change + '"';
  if (query.since) text += R"(,"since":")" + *query.since + '"';
  return text + "}";
}
std::string rows_of(std::span<const DecidedConfig> rows, Locked locked) {
  return written(rows, locked);
}
std::string rows_of(std::span<const Undelivered> rows) {
  return written(rows);
}
std::string rows_of(std::span<const LinkLife> rows) {
  return written(rows);
}

}  // namespace latchkey::registry
