#include "protocol/configuration.hpp"
#include "registry/rows.hpp"

#include <algorithm>
#include <stdexcept>

namespace latchkey::registry {
namespace {

DeviceState state_of(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(DeviceState::revoked); ++i)
    if (name_of(static_cast<DeviceState>(i)) == name) return static_cast<DeviceState>(i);
  return DeviceState::off;
}

ProofKind proof_of(std::string_view name) {
  const auto found = std::ranges::find(proof_names, name);
  // A proof of a later version: as a token that no device's proof can match.
  return found == proof_names.end() ? ProofKind::token : static_cast<ProofKind>(found - proof_names.begin());
}

SignedBy signed_by_of(std::string_view name) {
  return name == "device_key" ? SignedBy::device_key : SignedBy::service;
}

crypto::NameKind name_kind_of(std::string_view name) {
  if (name == "dns_name") return crypto::NameKind::dns_name;
  if (name == "uri") return crypto::NameKind::uri;
  return name == "serial_number" ? crypto::NameKind::serial_number : crypto::NameKind::common_name;
}

Sealing sealing_of(std::string_view name) {
  if (name == "always") return Sealing::always;
  return name == "never" ? Sealing::never : Sealing::possible;
}

Admitted admitted_of(std::string_view name) {
  if (name == "allow_list") return Admitted::listed;
  return name == "approval" ? Admitted::approved : Admitted::all;
}

/// A bytea column of fixed size, which the schema checks; empty if NULL.
template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> fixed(const pqxx::field& field) {
  const crypto::Bytes bytes = bytes_of(field);
  if (bytes.size() != size) return std::nullopt;
  std::array<std::uint8_t, size> out{};
  std::ranges::copy(bytes, out.begin());
  return out;
}
constexpr auto digest_of = fixed<std::tuple_size_v<crypto::Sha256Digest>>;
constexpr auto key_id_of = fixed<std::tuple_size_v<KeyId>>;

std::optional<SealedUnder> sealed_under_of(const pqxx::field& field) {
  if (const auto id = key_id_of(field)) return *id;
  const crypto::Bytes point = bytes_of(field);
  if (point.empty()) return std::nullopt;
  const auto middle = point.begin() + static_cast<std::ptrdiff_t>(point.size() / 2);
  return protocol::EncryptionKey{{point.begin(), middle}, {middle, point.end()}};
}

/// The enrolment without its configuration.
std::optional<Enrolment> proof_in(const Row& row) {
  if (row[column::origin].is_null()) return std::nullopt;
  Enrolment enrolment;
  enrolment.origin =
      std::string_view(row[column::origin].c_str()) == "device" ? Origin::device : Origin::group;
  enrolment.group = optional_text(row[column::group_name]);
  enrolment.proof = proof_of(row[column::proof].c_str());
  enrolment.material = bytes_of(row[column::material]);
  enrolment.secondary = bytes_of(row[column::secondary_material]);
  return enrolment;
}

std::optional<Enrolment> enrolment_of(const Row& row) {
  auto enrolment = proof_in(row);
  if (!enrolment) return enrolment;
  enrolment->enabled = is_true(row[column::enabled]);
  enrolment->config = text_or(row[column::fleet_config], "{}");
  for (const Column& layer : {column::group_config, column::device_config})
    if (!row[layer].is_null())
      enrolment->config = protocol::merge_config(enrolment->config, row[layer].c_str());
  enrolment->layers = row[column::layers].as<std::int64_t>();
  enrolment->endpoint = text_or(row[column::wanted_endpoint], "");
  enrolment->rights = optional_text(row[column::wanted_rights]);
  return enrolment;
}

Policy policy_of(const Row& row) {
  const std::string_view types = row[column::credential_types].c_str();
  Policy policy;
  policy.in_window = is_true(row[column::in_window]);
  policy.id_matches = is_true(row[column::id_matches]);
  policy.admitted = admitted_of(row[column::admission].c_str());
  policy.is_listed = is_true(row[column::listed]);
  policy.may_reprovision = is_true(row[column::may_reprovision]);
  policy.allows_x509 = types.find("x509") != std::string_view::npos;
  policy.allows_password = types.find("password") != std::string_view::npos;
  policy.lifetime_s = row[column::lifetime_s].as<std::int64_t>();
  policy.unused_life_s = row[column::unused_life_s].as<std::int64_t>();
  policy.sealing = sealing_of(row[column::sealing].c_str());
  policy.trusts_token_attributes = std::string_view(row[column::token_attributes].c_str()) == "trusted";
  policy.quota = optional_text(row[column::quota]);
  return policy;
}

std::optional<Device> device_of(const Row& row) {
  if (row[column::state].is_null()) return std::nullopt;
  Device device;
  device.state = state_of(row[column::state].c_str());
  device.generation = row[column::generation].as<std::int64_t>();
  device.enrolled_by = text_or(row[column::enrolled_by], "");
  device.configured.version = row[column::config_version].as<std::int64_t>();
  if (!row[column::config_layers].is_null())
    device.configured.layers = row[column::config_layers].as<std::int64_t>();
  device.configured.digest = digest_of(row[column::config_digest]);
  device.configured.fault = text_or(row[column::config_fault], "");
  device.configured.endpoint = digest_of(row[column::endpoint]);
  device.endpoint_given = digest_of(row[column::endpoint_given]);
  device.applied_config_version = row[column::applied_config_version].as<std::int64_t>();
  device.attributes = row[column::attributes].c_str();
  device.confirmed = row[column::confirmed].as<std::int64_t>();
  return device;
}

/// The columns that only requests need.
void add_claims(Device& device, const Row& row) {
  device.proof_key = digest_of(row[column::proof_key]);
  device.waiting = digest_of(row[column::waiting_digest]);
  device.approved = digest_of(row[column::approved_digest]);
  device.rejected = digest_of(row[column::rejected_digest]);
}

std::optional<Presented> presented_of(const Row& row) {
  if (row[column::presented_status].is_null()) return std::nullopt;
  return Presented{bytes_of(row[column::presented_certificate]), row[column::presented_status].c_str(),
                   sealed_under_of(row[column::presented_sealing_key])};
}

protocol::CredentialType type_of(const pqxx::field& field) {
  return std::string_view(field.c_str()) == "x509" ? protocol::CredentialType::x509
                                                   : protocol::CredentialType::password;
}

std::optional<Credential> same_request_of(const Row& row) {
  if (row[column::same_generation].is_null()) return std::nullopt;
  Credential credential;
  credential.generation = row[column::same_generation].as<std::int64_t>();
  credential.type = type_of(row[column::same_type]);
  credential.digest = digest_of(row[column::same_digest]).value_or(crypto::Sha256Digest());
  credential.certificate = bytes_of(row[column::same_certificate]);
  credential.salt = bytes_of(row[column::same_salt]);
  credential.master_key = key_id_of(row[column::same_master_key]).value_or(KeyId());
  credential.not_before = clock_of(row[column::same_not_before]);
  credential.not_after = clock_of(row[column::same_not_after]);
  credential.live = is_true(row[column::same_live]);
  return credential;
}

std::optional<Credential> newest_of(const Row& row) {
  if (row[column::newest_generation].is_null()) return std::nullopt;
  Credential credential;
  credential.generation = row[column::newest_generation].as<std::int64_t>();
  credential.type = type_of(row[column::newest_type]);
  credential.not_before = clock_of(row[column::newest_not_before]);
  credential.not_after = clock_of(row[column::newest_not_after]);
  credential.live = is_true(row[column::newest_live]);
  return credential;
}

}  // namespace

Columns::Columns(const pqxx::result& result) {
  places_.reserve(static_cast<std::size_t>(result.columns()));
  for (pqxx::row_size_type i = 0; i < result.columns(); ++i)
    places_.emplace_back(result.column_name(i), i);
  std::ranges::sort(places_);
}

pqxx::row_size_type Columns::at(std::string_view name) const {
  using Place = decltype(places_)::value_type;
  const auto found = std::ranges::lower_bound(places_, name, {}, &Place::first);
  if (found == places_.end() || found->first != name)
    throw std::out_of_range("no column " + std::string(name));
  return found->second;
}

Clock clock_of(const pqxx::field& field) {
  return Clock(std::chrono::microseconds(field.as<std::int64_t>()));
}

RevokedCertificate revoked_of(const Row& row) {
  return {bytes_of(row[column::serial]), clock_of(row[column::revoked_at]), key_id_of(row[column::issuer])};
}

RequestFacts request_facts_of(const Row& row) {
  RequestFacts facts{enrolment_of(row), device_of(row), same_request_of(row), newest_of(row),
                     presented_of(row)};
  if (facts.device) add_claims(*facts.device, row);
  if (!facts.enrolment) return facts;
  facts.enrolment->policy = policy_of(row);
  facts.enrolment->id_from = name_kind_of(text_or(row[column::id_from], ""));
  return facts;
}

StatusFacts status_facts_of(const Row& row) {
  StatusFacts facts{
      device_of(row), enrolment_of(row), std::nullopt, text_or(row[column::session], ""), {}, true};
  if (facts.device && !row[column::max_message_bytes].is_null())
    facts.device->max_message_bytes = row[column::max_message_bytes].as<std::int64_t>();
  for (const Column& endpoint : {column::given_endpoint, column::told_endpoint})
    if (!row[endpoint].is_null()) facts.endpoints.emplace_back(row[endpoint].c_str());
  facts.rights_told = is_true(row[column::rights_told]);
  if (facts.enrolment) facts.enrolment->policy.sealing = sealing_of(row[column::sealing].c_str());
  if (!row[column::credential_generation].is_null()) {
    facts.credential.emplace();
    facts.credential->generation = row[column::credential_generation].as<std::int64_t>();
    facts.credential->live = is_true(row[column::live]);
    facts.credential->signed_by = signed_by_of(row[column::signed_by].c_str());
    facts.credential->answer_key = key_id_of(row[column::answer_key]);
    facts.credential->sealed_under = sealed_under_of(row[column::sealing_key]);
    facts.credential->type = type_of(row[column::credential_type]);
    facts.credential->certificate = bytes_of(row[column::certificate]);
    facts.credential->salt = bytes_of(row[column::salt]);
    facts.credential->master_key = key_id_of(row[column::master_key]).value_or(KeyId());
  }
  return facts;
}

ApprovalNotice notice_of(const Row& row) {
  StatusFacts facts{std::nullopt, proof_in(row), Credential(), {}, {}, true};
  facts.credential->signed_by = signed_by_of(row[column::signed_by].c_str());
  facts.credential->answer_key = key_id_of(row[column::answer_key]);
  return {protocol::DeviceId::parse(row[column::device_id].c_str()).value(), row[column::request_id].c_str(),
          std::move(facts)};
}

Outcome outcome_of(std::string_view name) {
  if (name == "won") return Outcome::won;
  if (name == "noted") return Outcome::noted;
  if (name == "late") return Outcome::late;
  if (name == "busy") return Outcome::busy;
  if (name == "quota_exceeded") return Outcome::quota_exceeded;
  if (name == "rate_limited") return Outcome::rate_limited;
  return name == "too_many_wait" ? Outcome::too_many_wait : Outcome::again;
}

AppliedAccess cut_of(const Row& row) {
  return {row[column::device_id].c_str(), {}, {}, row[column::version].as<std::int64_t>(), false};
}

void add_access(BrokerAccess& access, const Row& row) {
  const std::string_view kind = row[column::kind].c_str();
  std::string device_id = row[column::device_id].c_str();
  if (kind == "denied") {
    access.denied.push_back(std::move(device_id));
  } else if (kind == "changed") {
    access.changed.emplace_back(std::move(device_id), row[column::changed_at].as<std::int64_t>());
  } else if (const auto id = protocol::DeviceId::parse(device_id)) {
    access.logins.push_back(
        {{*id, row[column::generation].as<std::int64_t>(), bytes_of(row[column::salt]),
          key_id_of(row[column::master_key]).value_or(KeyId()), text_or(row[column::rights], "")},
         is_true(row[column::applied])});
  }
}

GateEntry& entry_of(GateAccess& access, const Row& row) {
  const std::string_view id = row[column::device_id].c_str();
  if (access.entries.empty() || access.entries.back().device_id != id)
    access.entries.emplace_back().device_id = id;
  return access.entries.back();
}

GateSet gate_set_of(const Row& row) {
  return {row[column::group_name].c_str(), row[column::version].as<std::int64_t>(),
          row[column::rights].c_str(), is_true(row[column::untold])};
}

/// The rows of a device follow each other.
void add_gate_access(GateAccess& access, const Row& row) {
  const std::string_view kind = row[column::kind].c_str();
  if (kind == "epoch") {
    access.epoch = row[column::version].as<std::int64_t>();
    return;
  }
  if (kind == "set") return access.sets.push_back(gate_set_of(row));
  GateEntry& entry = entry_of(access, row);
  if (kind == "rights") {
    entry.rights = GateEntry::Rights{row[column::group_name].c_str(), row[column::version].as<std::int64_t>(),
                                     is_true(row[column::untold])};
    return;
  }
  const std::int64_t until = row[column::until_s].as<std::int64_t>();
  if (kind == "device") {
    entry.version = row[column::version].as<std::int64_t>();
    entry.denied_until = until;
    if (!row[column::changed_at].is_null()) entry.changed_at = row[column::changed_at].as<std::int64_t>();
    entry.untold = is_true(row[column::untold]);
    return;
  }
  if (kind == "login")
    entry.logins.push_back({row[column::generation].as<std::int64_t>(), until, bytes_of(row[column::salt]),
                            bytes_of(row[column::password_hash])});
  else if (kind == "serial")
    entry.denied_serials.push_back({bytes_of(row[column::serial]), until});
}

void add_access_change(AccessChanges& changes, const Row& row) {
  const std::string_view kind = row[column::kind].c_str();
  if (kind == "more") {
    changes.more = AccessChanges::Place{row[column::snapshot].c_str(), row[column::device_id].c_str()};
    return;
  }
  if (kind == "epoch") {
    changes.snapshot = row[column::snapshot].c_str();
    changes.is_of_other_server = is_true(row[column::untold]);
  }
  add_gate_access(changes.access, row);
}

}  // namespace latchkey::registry
