#pragma once

// Private to this folder: the columns of the service's calls, by name and type.
// tests/registry/columns_test.cpp compares them with registry/schema and registry/code.

#include <span>
#include <string_view>

namespace latchkey::registry {

struct Column {
  std::string_view name;
  std::string_view type;  ///< as PostgreSQL's format_type returns it
};

namespace column {
inline constexpr Column acted_at{"acted_at", "bigint"};
inline constexpr Column actor{"actor", "text"};
inline constexpr Column admission{"admission", "text"};
inline constexpr Column answer_key{"answer_key", "bytea"};
inline constexpr Column applied{"applied", "boolean"};
inline constexpr Column applied_config_version{"applied_config_version", "bigint"};
inline constexpr Column approved_digest{"approved_digest", "bytea"};
inline constexpr Column at{"at", "bigint"};
inline constexpr Column attributes{"attributes", "text"};
inline constexpr Column attributes_json{"attributes", "jsonb"};
inline constexpr Column ca_subject{"ca_subject", "bytea"};
inline constexpr Column certificate{"certificate", "bytea"};
inline constexpr Column changed_at{"changed_at", "bigint"};
inline constexpr Column code{"code", "text"};
inline constexpr Column config_digest{"config_digest", "bytea"};
inline constexpr Column config_fault{"config_fault", "text"};
inline constexpr Column config_layers{"config_layers", "bigint"};
inline constexpr Column config_version{"config_version", "bigint"};
inline constexpr Column confirmed{"confirmed", "bigint"};
inline constexpr Column confirms{"confirms", "boolean"};
inline constexpr Column connected{"connected", "bigint"};
inline constexpr Column connected_at{"connected_at", "bigint"};
inline constexpr Column counted{"counted", "boolean"};
inline constexpr Column counted_at{"counted_at", "bigint"};
inline constexpr Column credential_generation{"credential_generation", "bigint"};
inline constexpr Column credential_type{"credential_type", "text"};
inline constexpr Column credential_types{"credential_types", "text"};
inline constexpr Column credentials_sent_at{"credentials_sent_at", "bigint"};
inline constexpr Column day{"day", "date"};
inline constexpr Column decision{"decision", "text"};
inline constexpr Column detail{"detail", "text"};
inline constexpr Column device_config{"device_config", "text"};
inline constexpr Column device_id{"device_id", "text"};
inline constexpr Column devices{"devices", "bigint"};
inline constexpr Column digest{"digest", "bytea"};
inline constexpr Column enabled{"enabled", "boolean"};
inline constexpr Column encryption_key{"encryption_key", "bytea"};
inline constexpr Column endpoint{"endpoint", "bytea"};
inline constexpr Column endpoint_given{"endpoint_given", "bytea"};
inline constexpr Column enrolled_by{"enrolled_by", "text"};
inline constexpr Column expected{"expected", "bigint"};
inline constexpr Column expected_state{"expected", "text"};
inline constexpr Column failed_at{"failed_at", "bigint"};
inline constexpr Column failure{"failure", "text"};
inline constexpr Column fingerprint{"fingerprint", "bytea"};
inline constexpr Column fleet_config{"fleet_config", "text"};
inline constexpr Column generation{"generation", "bigint"};
inline constexpr Column given_endpoint{"given_endpoint", "text"};
inline constexpr Column group_config{"group_config", "text"};
inline constexpr Column goes_on{"goes_on", "boolean"};
inline constexpr Column group_name{"group_name", "text"};
inline constexpr Column handed_over_at{"handed_over_at", "timestamp with time zone"};
inline constexpr Column i{"i", "integer"};
inline constexpr Column id_from{"id_from", "text"};
inline constexpr Column id_matches{"id_matches", "boolean"};
inline constexpr Column in_window{"in_window", "boolean"};
inline constexpr Column key_fingerprint{"key_fingerprint", "bytea"};
inline constexpr Column issuer{"issuer", "bytea"};
inline constexpr Column kind{"kind", "text"};
inline constexpr Column labels{"labels", "text"};
inline constexpr Column last_seen_at{"last_seen_at", "bigint"};
inline constexpr Column last_subject{"last_subject", "bytea"};
inline constexpr Column layers{"layers", "bigint"};
inline constexpr Column layers_from{"layers_from", "bigint"};
inline constexpr Column lifetime_s{"lifetime_s", "bigint"};
inline constexpr Column link{"link", "text"};
inline constexpr Column listed{"listed", "boolean"};
inline constexpr Column live{"live", "boolean"};
inline constexpr Column loaded_at{"loaded_at", "bigint"};
inline constexpr Column login{"login", "text"};
inline constexpr Column lost{"lost", "boolean"};
inline constexpr Column master_key{"master_key", "bytea"};
inline constexpr Column material{"material", "bytea"};
inline constexpr Column may_reprovision{"may_reprovision", "boolean"};
inline constexpr Column new_version{"new_version", "bigint"};
inline constexpr Column max_message_bytes{"max_message_bytes", "integer"};
inline constexpr Column newest_generation{"newest_generation", "bigint"};
inline constexpr Column newest_live{"newest_live", "boolean"};
inline constexpr Column newest_not_after{"newest_not_after", "bigint"};
inline constexpr Column newest_not_before{"newest_not_before", "bigint"};
inline constexpr Column newest_type{"newest_type", "text"};
inline constexpr Column next{"next", "text"};
inline constexpr Column not_after{"not_after", "timestamp with time zone"};
inline constexpr Column newest_session{"newest_session", "boolean"};
inline constexpr Column not_before{"not_before", "timestamp with time zone"};
inline constexpr Column online{"online", "boolean"};
inline constexpr Column origin{"origin", "text"};
inline constexpr Column outcome{"outcome", "text"};
inline constexpr Column password_hash{"password_hash", "bytea"};
inline constexpr Column pbkdf2{"pbkdf2", "bytea"};
inline constexpr Column pid{"pid", "integer"};
inline constexpr Column presented_certificate{"presented_certificate", "bytea"};
inline constexpr Column presented_sealing_key{"presented_sealing_key", "bytea"};
inline constexpr Column presented_status{"presented_status", "text"};
inline constexpr Column proof{"proof", "text"};
inline constexpr Column previous{"previous", "text"};
inline constexpr Column proof_key{"proof_key", "bytea"};
inline constexpr Column quota{"quota", "text"};
inline constexpr Column ready{"ready", "bigint"};
inline constexpr Column ready_at{"ready_at", "bigint"};
inline constexpr Column ready_ms{"ready_ms", "bigint"};
inline constexpr Column reason{"reason", "text"};
inline constexpr Column received_at{"received_at", "timestamp with time zone"};
inline constexpr Column registered{"registered", "bigint"};
inline constexpr Column registered_at{"registered_at", "bigint"};
inline constexpr Column rejected_digest{"rejected_digest", "bytea"};
inline constexpr Column repeated{"repeated", "bigint"};
inline constexpr Column reported{"reported", "text"};
inline constexpr Column reported_json{"reported", "jsonb"};
inline constexpr Column request_id{"request_id", "text"};
inline constexpr Column requested{"requested", "bigint"};
inline constexpr Column requested_at{"requested_at", "bigint"};
inline constexpr Column revoked_at{"revoked_at", "bigint"};
inline constexpr Column salt{"salt", "bytea"};
inline constexpr Column same_certificate{"same_certificate", "bytea"};
inline constexpr Column same_digest{"same_digest", "bytea"};
inline constexpr Column same_generation{"same_generation", "bigint"};
inline constexpr Column same_live{"same_live", "boolean"};
inline constexpr Column same_master_key{"same_master_key", "bytea"};
inline constexpr Column same_not_after{"same_not_after", "bigint"};
inline constexpr Column same_not_before{"same_not_before", "bigint"};
inline constexpr Column same_salt{"same_salt", "bytea"};
inline constexpr Column same_type{"same_type", "text"};
inline constexpr Column sealing{"sealing", "text"};
inline constexpr Column sealing_key{"sealing_key", "bytea"};
inline constexpr Column secondary_material{"secondary_material", "bytea"};
inline constexpr Column serial{"serial", "bytea"};
inline constexpr Column session{"session", "text"};
inline constexpr Column signed_connected{"signed", "boolean"};
inline constexpr Column signed_by{"signed_by", "text"};
inline constexpr Column since{"since", "bigint"};
inline constexpr Column skip_locked{"skip_locked", "boolean"};
inline constexpr Column snapshot{"snapshot", "text"};
inline constexpr Column state{"state", "text"};
inline constexpr Column to_registered{"to_registered", "boolean"};
inline constexpr Column told_endpoint{"told_endpoint", "text"};
inline constexpr Column token_attributes{"token_attributes", "text"};
inline constexpr Column token_hash{"token_hash", "bytea"};
inline constexpr Column total{"total", "bigint"};
inline constexpr Column tracking_id{"tracking_id", "uuid"};
inline constexpr Column tracking_id_text{"tracking_id", "text"};
inline constexpr Column type{"type", "text"};
inline constexpr Column unused_life_s{"unused_life_s", "bigint"};
inline constexpr Column until_s{"until_s", "bigint"};
inline constexpr Column untold{"untold", "boolean"};
inline constexpr Column use_by{"use_by", "timestamp with time zone"};
inline constexpr Column version{"version", "bigint"};
inline constexpr Column version_from{"version_from", "bigint"};
inline constexpr Column waiting_digest{"waiting_digest", "bytea"};
inline constexpr Column waits{"waits", "boolean"};
inline constexpr Column walked{"walked", "boolean"};
inline constexpr Column wanted_endpoint{"wanted_endpoint", "text"};
inline constexpr Column wanted_rights{"wanted_rights", "text"};
inline constexpr Column rights{"rights", "text"};
inline constexpr Column rights_source{"rights_source", "text"};
inline constexpr Column rights_told{"rights_told", "boolean"};
inline constexpr Column provisioning_root{"provisioning_root", "text"};
inline constexpr Column devices_root{"devices_root", "text"};
inline constexpr Column publish{"publish", "text"};
inline constexpr Column template_text{"template", "text"};
inline constexpr Column subscribe{"subscribe", "text"};
inline constexpr Column without_ca{"without_ca", "boolean"};
inline constexpr Column what{"what", "text"};
inline constexpr Column ago_ms{"ago_ms", "bigint"};
inline constexpr Column service_version{"service_version", "text"};
inline constexpr Column replicas{"replicas", "bigint"};
}  // namespace column

/// A function of the registry that the service calls.
struct Call {
  std::string_view function;
  std::string_view row_type;  ///< the type of its input rows; empty: it has none
  std::span<const Column> takes;
  std::span<const Column> gives;
};

/// All calls. A registry without one of them is older than this program.
[[nodiscard]] std::span<const Call> calls();

}  // namespace latchkey::registry
