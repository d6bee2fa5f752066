#include "registry/reason.hpp"

#include <array>
#include <cstddef>

namespace latchkey::registry {
namespace {

// In the order of `Reason`. Never change an id: ledgers and scripts contain it. A text says in a few words
// why a request or status was not accepted. An advice writes SQL calls in full, ready to copy.
constexpr std::array<ReasonRow, 70> rows{{
    {"malformed_request", "the request does not follow the protocol",
     "The device's firmware is faulty, or the sender is not a device. latchkey explain {id} says whether "
     "a correct request would be accepted."},
    {"too_many_failures", "too many proofs failed recently, for this id or in total",
     "Somebody guesses ids or keys, or a device repeats a wrong proof too often. The id is answered again "
     "within a minute. registry.recent_rejections and registry.counted_rejections show which proofs fail."},
    {"inbox_full", "the inbox is full, or this device fills its share",
     "The device repeats the request. If this lasts, add replicas or make the database faster; latchkey "
     "doctor checks broker and database."},
    {"waited_too_long", "it waited so long that the device has repeated it",
     "The device repeats the request. If this lasts, add replicas or make the database faster; latchkey "
     "doctor checks broker and database."},
    {"registry_unavailable", "the registry is unreachable, or other requests won every race",
     "The device repeats the request. If this lasts, latchkey doctor checks the database."},
    {"row_refused", "the registry refused to store the request",
     "The service is faulty, or the schema has another version: latchkey db status shows it. The log of "
     "the database names the row."},
    {"row_locked", "another session has locked what the request changes",
     "An operator's open transaction has locked the device, or the quota of its group (registry.groups). "
     "The log of the service names the session, which must end (COMMIT, ROLLBACK, pg_terminate_backend). "
     "The device repeats the request."},
    {"row_too_slow", "the registry did not finish the request in time",
     "Only this request is slow: a device_id_pattern takes too long (registry.groups). "
     "registry.set_group_policy sets another one. The device repeats the request."},

    {"no_enrolment", "no enrolment for this id",
     "Enrol it individually: latchkey enroll device {id}. If a group should let it in: the group, token "
     "or CA that its proof names is not enrolled (registry.groups, registry.tokens), or the device names "
     "a wrong one."},
    {"other_kind_of_proof", "another kind of proof than that of the enrolment",
     "The detail names the kind of proof that the enrolment requires. Correct the device, or enrol it "
     "again with registry.decommission, registry.forget, latchkey enroll device {id} and registry.reset."},
    {"wrong_token", "wrong token",
     "The token in the device is not the enrolled one, or somebody guesses ids. Correct the device, or "
     "enrol it again with registry.decommission, registry.forget, latchkey enroll device {id} and "
     "registry.reset."},
    {"wrong_key", "wrong key",
     "The key in the device is not the enrolled one (in a group: not the one that latchkey enroll "
     "derive-key {id} prints), or somebody guesses ids. Correct the device, or enrol it again with "
     "registry.decommission, registry.forget, latchkey enroll device {id} and registry.reset."},
    {"wrong_algorithm", "another algorithm than that of the enrolled key",
     "The device signs with another kind of key than the enrolled one. Correct the device, or enrol it "
     "again with registry.decommission, registry.forget, latchkey enroll device {id} and registry.reset."},
    {"enrolled_key_not_opened", "the enrolled key does not open under this master key",
     "The device is not at fault: its key was sealed under another master key, or for another row. "
     "Correct secrets.master_key_file, or enrol it again with registry.decommission, registry.forget, "
     "latchkey enroll device {id} and registry.reset."},
    {"enrolled_key_not_accepted", "the enrolled public key is not accepted",
     "The device is not at fault: the key that was enrolled for it is not P-256, P-384, Ed25519 or RSA of "
     "2048 to 4096 bits. With another key, enrol it again with registry.decommission, registry.forget, "
     "latchkey enroll device {id} and registry.reset."},
    {"unknown_certificate", "x5t#S256 names no certificate of this device",
     "It renews with a certificate that the registry does not have, so it must use its enrolment proof. "
     "latchkey explain {id} says whether it would get a credential."},
    {"renewal_not_signed", "not signed under the certificate in x5t#S256",
     "It names one of its certificates but does not have the key. Either the device lost the key and must "
     "use its enrolment proof (latchkey explain {id}), or somebody else saw its certificate."},
    {"certificate_erased", "the certificate in x5t#S256 was erased",
     "The certificate ended so long ago that retention erased it, so the device must use its enrolment "
     "proof. latchkey explain {id} says whether it would get a credential."},
    {"certificate_not_issued", "no CA of the service issued the certificate in x5t#S256 to this device",
     "Either the device CA was replaced and crl.previous_ca_file lacks the old one, or somebody with the "
     "service's login stored a certificate that the service did not issue. The device must use its "
     "enrolment proof (latchkey explain {id})."},
    {"certificate_ended", "the certificate in x5t#S256 has ended",
     "The device must use its enrolment proof. latchkey explain {id} says whether it would get a "
     "credential."},
    {"enrolment_gone", "the enrolment that registered the device no longer exists",
     "Enrol it again with latchkey enroll device {id}; then SELECT registry.reset('{id}', 'why')."},
    {"malformed_certificate", "x5c: the leaf is not a certificate",
     "The device's firmware is faulty, or a wrong certificate was installed. latchkey explain {id} says "
     "whether the device would be accepted with a valid one."},
    {"certificate_key_not_accepted", "x5c: the key of the leaf is not accepted",
     "The key of its factory certificate is not P-256, P-384, Ed25519 or RSA of 2048 to 4096 bits. With "
     "another certificate or proof, enrol it again with registry.decommission, registry.forget, latchkey "
     "enroll device {id} and registry.reset."},
    {"certificate_not_signed", "not signed under the leaf of x5c",
     "The sender does not have the key of the factory certificate: the device was made wrongly, or "
     "somebody saw its certificate. With another proof, enrol it again with registry.decommission, "
     "registry.forget, latchkey enroll device {id} and registry.reset."},
    {"certificate_of_the_service", "x5c: the leaf was issued by the service",
     "The device's firmware is faulty: it sends a certificate that the service issued as its factory "
     "certificate. It must renew with x5t#S256, or use its enrolment proof: latchkey explain {id}."},
    {"other_certificate_enrolled", "x5c: another certificate than the enrolled one",
     "If the device has a new factory certificate, enrol it again with registry.decommission, "
     "registry.forget, latchkey enroll device {id} and registry.reset. If not, somebody else uses its id."},
    {"certificate_is_a_ca", "x5c: the leaf is a CA",
     "A CA certificate cannot identify a device. With the device's own certificate, enrol it again with "
     "registry.decommission, registry.forget, latchkey enroll device {id} and registry.reset."},
    {"certificate_outside_validity", "x5c: the leaf has expired or is not valid yet",
     "The factory certificate has expired or is not valid yet. With another certificate or proof, enrol "
     "it again with registry.decommission, registry.forget, latchkey enroll device {id} and "
     "registry.reset."},
    {"kid_of_another_group", "x5c: kid names another group than that of the CA",
     "The CA of the group that kid names did not issue the certificate. Correct the kid or leave it out. "
     "SELECT * FROM registry.groups shows the groups."},
    {"group_ca_not_accepted", "x5c: the CA of the group is not accepted",
     "The device is not at fault: the CA of the group cannot be used; the detail says why. latchkey "
     "enroll roll-key {group} gives the group another one."},
    {"chain_not_accepted", "x5c: there is no valid chain to the CA of the group",
     "The factory certificate, or a CA certificate above it, is not acceptable for the group; the detail "
     "says which and why. Or enrol the device with another proof: latchkey enroll device {id}."},
    {"no_id_in_certificate", "x5c: the leaf does not contain exactly one device id",
     "The group takes the device id from a field of the certificate that is empty or has several values: "
     "latchkey enroll group --help lists the fields. Or enrol this device individually: latchkey enroll "
     "device {id}."},
    {"certificate_of_another_device", "x5c: the leaf is for another device",
     "The factory certificate contains another id than the device uses. Correct the device, or enrol the "
     "certificate for this id with latchkey enroll device {id}."},
    {"enrolment_disabled", "the enrolment is disabled",
     "SELECT registry.enable_device('{id}', 'why') lets it in again."},
    {"group_disabled", "the group is disabled",
     "SELECT registry.enable_group('{group}', 'why') lets its devices in again."},
    {"registered_by_another_enrolment", "registered by another enrolment",
     "If this enrolment should have the device: SELECT registry.reset('{id}', 'why'), then it may "
     "register the device. If not, somebody else uses its id."},
    {"registered_by_another_key", "registered by another key",
     "If the device was replaced: SELECT registry.reset('{id}', 'why'), then this key may register it. If "
     "not, somebody else uses its id."},

    {"not_fresh", "no issued_at within bounds and no valid nonce",
     "No action: the device signs the nonce of the challenge and is answered. If registry.attempts shows "
     "only challenges, the device's firmware does not do that."},
    {"device_suspended", "the device is suspended",
     "SELECT registry.resume('{id}', 'why') ends the suspension."},
    {"device_revoked", "the device is revoked",
     "SELECT registry.reset('{id}', 'why') lets it provision again."},
    {"credential_not_allowed", "the enrolment does not allow this type of credential",
     "credential_types in registry.groups shows which types the group issues; registry.set_group_policy "
     "changes it."},
    {"no_key_for_password", "a password, but no key to encrypt it with",
     "The device must send an encryption_key, or have a symmetric key: latchkey enroll device {id}."},
    {"no_key_for_config", "a sealed configuration, but no key to encrypt it with",
     "The device must send an encryption_key, or the group must not require sealing: sealing in "
     "registry.set_group_policy."},
    {"passwords_not_given", "a password, but broker_access.mode is none",
     "Set broker_access.mode in the service's configuration to the way in which the broker learns "
     "passwords; latchkey config check verifies it."},
    {"malformed_csr", "CSR: malformed",
     "The device's firmware is faulty. latchkey explain {id} says whether the device would be accepted "
     "with a valid CSR."},
    {"csr_key_not_accepted", "CSR: the key is not accepted",
     "The device must use a key of P-256, P-384, Ed25519 or RSA of 2048 to 4096 bits. latchkey explain "
     "{id} says whether it would get a credential then."},
    {"csr_not_signed", "CSR: not signed by its own key",
     "The device's firmware is faulty, or the CSR is for somebody else's key. latchkey explain {id} says "
     "whether the device would be accepted with a valid CSR."},
    {"same_request", "the same request again",
     "No action: it gets the same credential again. If registry.attempts shows this again and again, the "
     "answers do not reach the device."},
    {"request_id_reused", "the request_id was used for another request",
     "The device's firmware is faulty: it must use a new request_id. latchkey explain {id} says whether "
     "it would get a credential then."},
    {"request_id_ended", "the credential of this request_id has ended",
     "The device's firmware is faulty: it must use a new request_id. latchkey explain {id} says whether "
     "it would get a credential then."},
    {"outside_window", "outside the enrolment's validity window",
     "Its group or token accepts no new devices now: valid_from and valid_until in registry.groups and "
     "registry.tokens. registry.set_group_policy changes the window of a group. Or enrol the device "
     "individually: latchkey enroll device {id}."},
    {"id_not_matched", "the id does not match the group's pattern",
     "Enrol the device individually: latchkey enroll device {id}. Or change the group's "
     "device_id_pattern: registry.set_group_policy. Or the device belongs to another group."},
    {"id_not_carried", "the broker cannot carry this id",
     "RabbitMQ separates the levels of its topics by . and virtual host and user name by :. Enrol the device "
     "under an id without them (latchkey enroll device), or use another broker."},
    {"not_on_the_list", "the device is not on the group's allow list",
     "Add it to the list: latchkey enroll device {id} --group {group} --allow."},
    {"token_cannot_replace", "a token cannot replace the credential of a registered device",
     "If the device lost its credential: SELECT registry.reset('{id}', 'why') lets it provision again. If "
     "not, somebody else with the token uses its id."},
    {"reprovisioning_denied", "the group denies reprovisioning",
     "If the device lost its credential: SELECT registry.reset('{id}', 'why') lets it provision again."},
    {"waits_for_approval", "waits for an operator's approval",
     "When it has sent a request: SELECT registry.approve('{id}', 'why') admits it, "
     "registry.reject('{id}', 'why') refuses it."},
    {"rejected_by_operator", "an operator rejected this request",
     "This request stays refused. A new request of the device waits again: registry.pending_approvals."},
    {"not_issued", "the certificate could not be issued",
     "The device is not at fault: the device CA has expired or cannot sign. latchkey ca show shows it; "
     "the log of the service has details."},
    {"answer_too_large", "the answer is larger than the device can take",
     "The device must take larger messages (max_message_bytes); registry.attempts shows the size that its "
     "answer needs. A device with a symmetric key needs less: its answers have no certificate of the "
     "service."},
    {"quota_used_up", "the quota is used up",
     "Its group or token is full: registry.groups and registry.tokens. registry.decommission frees a "
     "place in a group, registry.set_group_policy raises max_devices. Or enrol the device individually: "
     "latchkey enroll device {id}."},
    {"too_many_wait", "the limit of devices that wait for approval is reached",
     "registry.pending_approvals shows the devices that wait in {group}: at most as many as max_devices "
     "leaves room for, or a thousand. registry.approve and registry.reject make room. registry.end_token "
     "ends a token that strangers use. Or enrol the device individually: latchkey enroll device {id}."},
    {"too_many_credentials", "the limit of new credentials within an hour is reached",
     "Either the device does not keep its credential, or its key is in other hands. It is answered again "
     "within an hour, or after SELECT registry.reset('{id}', 'why'). credentials_per_hour in "
     "registry.set_group_policy raises the limit."},

    {"malformed_status", "the status does not follow the protocol",
     "The device's firmware is faulty. registry.devices shows its last valid status."},
    {"device_not_registered", "the device is not registered",
     "The device sent a status before it registered, or after an operator suspended or revoked it: see "
     "its state in registry.devices."},
    {"generation_not_live", "the generation of the credential is not live",
     "The device is connected with a credential that has ended or that the registry does not have, so it "
     "must provision again. registry.certificates shows its generations."},
    {"connected_not_proven", "the signature of connected is not this device's",
     "Somebody at its broker forges its statuses, or the device's firmware is faulty; the detail says what "
     "is wrong. The credential is not confirmed: registry.certificates shows it as issued."},
    {"other_connection", "the signed connected names another broker than the device was told",
     "Somebody copied it from another broker, or the device connects elsewhere than it was told: "
     "registry.show_configs. Its session is open, but its credential is not confirmed: registry.certificates "
     "shows it as issued."},
    {"session_not_open", "the status is not of the open session",
     "The status is from an earlier connection, or from a second device with the same identity: "
     "registry.suspected_clones."},
    {"late_status", "the status may be older than the open session",
     "No action: the device repeats the status, and then it counts. If this does not end, two devices "
     "share the identity (registry.suspected_clones), or the firmware uses a session id twice."},
}};
static_assert(rows.size() == static_cast<std::size_t>(Reason::late_status) + 1);
static_assert(rows.back().id == "late_status");

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

}  // namespace

const ReasonRow& row_of(Reason reason) noexcept {
  return rows[static_cast<std::size_t>(reason)];
}

std::span<const ReasonRow> reason_rows() noexcept {
  return rows;
}

std::string reasons_as_sql() {
  std::string values;
  std::string ids;
  for (const ReasonRow& row : rows) {
    const std::string comma = ids.empty() ? "" : ",";
    values += comma + "\n  (" + quoted(row.id) + ", " + quoted(row.text) + ", " + quoted(row.advice) + ")";
    ids += comma + quoted(row.id);
  }
  return "INSERT INTO registry.reason AS r (id, text, advice) VALUES" + values +
         "\nON CONFLICT (id) DO UPDATE SET text = EXCLUDED.text, advice = EXCLUDED.advice\n"
         "  WHERE (r.text, r.advice) IS DISTINCT FROM (EXCLUDED.text, EXCLUDED.advice);\n"
         "DELETE FROM registry.reason WHERE id NOT IN (" +
         ids + ");\n";
}

std::string Cause::text() const {
  const std::string said(row_of(reason).text);
  return detail.empty() ? said : said + ": " + detail;
}

}  // namespace latchkey::registry
