#include "registry/columns.hpp"

namespace latchkey::registry {
namespace {

using namespace column;  // NOLINT: the lists below are names of columns only

// clang-format off: a column a line would be two hundred lines
constexpr Column request_facts_columns[] = {
    i, loaded_at, origin, group_name, proof, material, secondary_material, id_from, enabled, in_window,
    id_matches, admission, listed, may_reprovision, credential_types, lifetime_s, unused_life_s,
    sealing, quota, fleet_config, group_config, device_config, wanted_endpoint, layers, state,
    generation, enrolled_by, proof_key, waiting_digest, approved_digest, rejected_digest, config_version,
    applied_config_version, config_layers, config_digest, config_fault, endpoint, endpoint_given,
    attributes, same_generation, same_type, same_digest, same_certificate, same_salt, same_master_key,
    same_not_before, same_not_after, same_live, newest_generation, newest_type, newest_not_before,
    newest_not_after, newest_live, presented_certificate, presented_status,
    presented_sealing_key, confirmed, token_attributes, wanted_rights};
constexpr Column request_key_columns[] = {
    i, device_id, request_id, group_name, token_hash, ca_subject, certificate, last_subject};
constexpr Column outcome_row_columns[] = {i, outcome};
constexpr Column decided_request_columns[] = {
    i, device_id, tracking_id, received_at, decision, code, reason, group_name, counted, expected,
    to_registered, enrolled_by, proof_key, quota, attributes_json, type, request_id, digest, serial,
    certificate, fingerprint, key_fingerprint, salt, master_key, password_hash, encryption_key, signed_by,
    answer_key, not_before, not_after, use_by, repeated, version_from, layers_from, config_version,
    config_layers, config_digest, config_fault, endpoint, detail, issuer, skip_locked, sealing_key,
    reported_json, max_message_bytes, without_ca, pbkdf2};
constexpr Column status_facts_columns[] = {
    i, loaded_at, origin, group_name, proof, material, secondary_material, enabled, sealing,
    fleet_config, group_config, device_config, wanted_endpoint, layers, state, generation, enrolled_by,
    config_version, applied_config_version, config_layers, config_digest, config_fault, endpoint,
    endpoint_given, attributes, credential_generation, live, signed_by, answer_key, sealing_key,
    credential_type, session, confirmed, salt, master_key, certificate, given_endpoint, told_endpoint,
    max_message_bytes, wanted_rights, rights_told};
constexpr Column status_key_columns[] = {i, device_id, generation, signed_connected, newest_session};
constexpr Column decided_status_columns[] = {
    i, device_id, kind, session, generation, config_version, attributes_json, failure, expected_state,
    next, version_from, layers_from, new_version, config_layers, config_digest, config_fault, endpoint,
    handed_over_at, skip_locked, confirms, previous};
constexpr Column sent_credential_columns[] = {i, device_id, generation};
constexpr Column lock_holder_columns[] = {pid, login, since};
constexpr Column due_config_columns[] = {device_id};
constexpr Column worked_out_config_columns[] = {
    i, device_id, session, waits, version_from, layers_from, new_version, config_layers, config_digest,
    config_fault, endpoint, skip_locked};
constexpr Column walk_columns[] = {walked};
constexpr Column claimed_nudge_columns[] = {
    device_id, request_id, signed_by, answer_key, origin, group_name, proof, material, secondary_material,
    loaded_at};
constexpr Column link_life_columns[] = {i, link, ready_ms, lost, service_version};
constexpr Column undelivered_message_columns[] = {i, device_id, what, ago_ms};
constexpr Column broker_access_row_columns[] = {
    kind, device_id, generation, salt, master_key, changed_at, applied, rights};
constexpr Column applied_access_columns[] = {i, device_id, generation, changed_at, version, goes_on};
constexpr Column cut_columns[] = {device_id, version};
constexpr Column reaching_right_columns[] = {group_name, template_text};
constexpr Column told_rights_columns[] = {i, device_id, group_name, version};
constexpr Column gate_access_columns[] = {
    kind, device_id, version, until_s, generation, salt, password_hash, serial, changed_at, untold,
    group_name, rights};
constexpr Column access_changes_columns[] = {
    kind, device_id, version, until_s, generation, salt, password_hash, serial, changed_at, untold,
    group_name, rights, snapshot};
constexpr Column revoked_columns[] = {serial, revoked_at, issuer};
constexpr Column counted_columns[] = {state, devices};
constexpr Column funnel_row_columns[] = {day, requested, registered, connected, ready, counted_at};
constexpr Column rejection_row_columns[] = {at, device_id, group_name, code, reason, tracking_id_text};
constexpr Column pending_row_columns[] = {at, device_id, group_name, attributes, total};
constexpr Column expiring_row_columns[] = {at, device_id, generation, type, state, online};
constexpr Column device_row_columns[] = {
    state, online, generation, group_name, enrolled_by, attributes, config_version, applied_config_version,
    requested_at, registered_at, credentials_sent_at, connected_at, ready_at, last_seen_at, failed_at,
    failure, acted_at, actor, reason, reported, publish, subscribe, rights_source, labels};
constexpr Column history_row_columns[] = {at, kind, what, code, detail, actor};
constexpr Column credential_row_columns[] = {generation, type, what, at, detail};
constexpr Column todo_row_columns[] = {at, kind, what, detail};
constexpr Column clone_row_columns[] = {at, device_id, state, what, detail};
constexpr Column default_row_columns[] = {what, total};
constexpr Column replica_row_columns[] = {service_version, replicas};
constexpr Column listed_row_columns[] = {device_id, state, online, group_name, at, labels};
constexpr Column online_row_columns[] = {devices};
// clang-format on

}  // namespace

std::span<const Call> calls() {
  static constexpr Call all[] = {
      {"load_requests_2", "request_key", request_key_columns, request_facts_columns},
      {"commit_requests", "decided_request", decided_request_columns, outcome_row_columns},
      {"load_statuses_2", "status_key", status_key_columns, status_facts_columns},
      {"commit_statuses", "decided_status", decided_status_columns, outcome_row_columns},
      {"mark_sent_2", "sent_credential", sent_credential_columns, outcome_row_columns},
      {"lock_holders", "", {}, lock_holder_columns},
      {"claim_configs", "", {}, due_config_columns},
      {"commit_configs", "worked_out_config", worked_out_config_columns, outcome_row_columns},
      {"walk_config_change", "", {}, walk_columns},
      {"claim_nudges", "", {}, claimed_nudge_columns},
      {"note_links", "link_life", link_life_columns, {}},
      {"note_undelivered", "undelivered_message", undelivered_message_columns, {}},
      {"load_broker_access_2", "", {}, broker_access_row_columns},
      {"load_gate_access", "", {}, gate_access_columns},
      {"load_access_changes", "", {}, access_changes_columns},
      {"broker_applied", "applied_access", applied_access_columns, {}},
      {"access_looked_up", "", {}, {}},
      {"claim_cuts", "", {}, cut_columns},
      {"sessions_ended", "applied_access", applied_access_columns, {}},
      {"note_rights", "", {}, {}},
      {"note_roots", "", {}, reaching_right_columns},
      {"rights_told", "told_rights", told_rights_columns, {}},
      {"revocation_stamp", "", {}, {}},
      {"load_revoked_2", "", {}, revoked_columns},
      {"count_devices", "", {}, counted_columns},
      {"count_separators", "", {}, online_row_columns},
      {"page_funnel", "", {}, funnel_row_columns},
      {"page_rejections", "", {}, rejection_row_columns},
      {"page_pending", "", {}, pending_row_columns},
      {"page_expiring", "", {}, expiring_row_columns},
      {"page_device_2", "", {}, device_row_columns},
      {"page_history", "", {}, history_row_columns},
      {"page_credentials", "", {}, credential_row_columns},
      {"page_todo", "", {}, todo_row_columns},
      {"page_clones", "", {}, clone_row_columns},
      {"page_stuck", "", {}, clone_row_columns},
      {"page_replicas", "", {}, replica_row_columns},
      {"page_devices", "", {}, listed_row_columns},
      {"page_online", "", {}, online_row_columns},
      {"make_partitions", "", {}, {}},
      {"count_default_rows", "", {}, default_row_columns},
      {"maintain", "", {}, {}},
      {"summarize", "", {}, {}},
      {"prove_commit", "", {}, {}},
      {"has_attempt", "", {}, {}},
  };
  return all;
}

}  // namespace latchkey::registry
