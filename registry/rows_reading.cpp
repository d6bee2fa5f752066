#include "protocol/configuration.hpp"
#include "registry/rows.hpp"

#include <algorithm>

namespace latchkey::registry {
namespace {

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

}  // namespace

Clock clock_of(const pqxx::field& field) {
  return Clock(std::chrono::microseconds(field.as<std::int64_t>()));
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

Outcome outcome_of(std::string_view name) {
  if (name == "won") return Outcome::won;
  if (name == "noted") return Outcome::noted;
  return name == "quota_exceeded" ? Outcome::quota_exceeded : Outcome::again;
}

}  // namespace latchkey::registry
