#include "registry/reason.hpp"

#include <array>
#include <cstddef>

namespace latchkey::registry {
namespace {

// In the order of `Reason`. Never change an id: ledgers and scripts contain it. A text continues "refused
// because" or "pending because". An advice writes SQL calls in full, ready to copy.
constexpr std::array<ReasonRow, 66> rows{{
    {"malformed_request", "the request does not follow the protocol",
     "A fault of the device's firmware, or no device at all. latchkey explain {id} says whether a correct "
     "request would be accepted."},
    {"too_many_failures", "too many proofs failed lately, of this id or of all",
     "Somebody tries ids or keys, or a device repeats a wrong proof too often. It is answered again within a "
     "minute; registry.recent_rejections and registry.counted_rejections show who fails."},
    {"inbox_full", "the inbox is full, or this device fills its share",
     "The device asks again by itself. If it lasts: more replicas, or a faster database; latchkey doctor "
     "checks both ends."},
    {"waited_too_long", "it waited so long that the device has asked again",
     "The device asks again by itself. If it lasts: more replicas, or a faster database; latchkey doctor "
     "checks both ends."},
    {"registry_unavailable", "the registry is away, or others were faster every time",
     "The device asks again by itself. If it lasts: latchkey doctor checks the database."},
    {"row_refused", "the registry refused what was to be stored",
     "A fault of the service, or a schema of another version: latchkey db status shows it, the log of the "
     "database says which row."},
    {"row_locked", "somebody has locked what this request changes",
     "An operator's open transaction on the device, or on the quota of its group (registry.groups): the log "
     "of the service names the session, which has to end (COMMIT, ROLLBACK, pg_terminate_backend). The "
     "device asks again by itself."},
    {"row_too_slow", "the registry did not come to an end with this request",
     "Of this one alone, while others are served: a device_id_pattern that takes too long (registry.groups); "
     "registry.set_group_policy gives the group another one. The device asks again by itself."},

    {"no_enrolment", "no enrolment for this id",
     "latchkey enroll device {id} enrols it by itself. If it is to come by a group: the group, token or CA "
     "that its proof names is not enrolled (registry.groups, registry.tokens), or the device names a wrong "
     "one."},
    {"other_kind_of_proof", "a proof of another kind than this enrolment's",
     "The device proves itself in another way than it was enrolled, which the detail names: correct the "
     "device, or enrol it anew: registry.decommission, registry.forget, latchkey enroll device {id}, "
     "registry.reset."},
    {"wrong_token", "wrong token",
     "The token in the device is not the enrolled one, or somebody tries ids. Correct the device, or "
     "enrol it anew: registry.decommission, registry.forget, latchkey enroll device {id}, "
     "registry.reset."},
    {"wrong_key", "wrong key",
     "The key in the device is not the enrolled one (in a group: not what latchkey enroll derive-key "
     "{id} prints), or somebody tries ids. Correct the device, or enrol it anew: registry.decommission, "
     "registry.forget, latchkey enroll device {id}, registry.reset."},
    {"wrong_algorithm", "another algorithm than the enrolled key's",
     "The device signs with a key of another kind than the enrolled one. Correct the device, or enrol it"
     " anew: registry.decommission, registry.forget, latchkey enroll device {id}, registry.reset."},
    {"enrolled_key_not_opened", "the enrolled key does not open under this master key",
     "Not the device's fault: its key was sealed under another master key, or for another row. Correct "
     "secrets.master_key_file, or enrol it anew: registry.decommission, registry.forget, latchkey enroll"
     " device {id}, registry.reset."},
    {"enrolled_key_not_accepted", "the enrolled public key is not accepted",
     "Not the device's fault: the key that was enrolled for it is none of P-256, P-384, Ed25519, and RSA"
     " of 2048 to 4096 bits. With another key, enrol it anew: registry.decommission, registry.forget, "
     "latchkey enroll device {id}, registry.reset."},
    {"unknown_certificate", "x5t#S256 names no certificate of this device",
     "It renews with a certificate that the registry does not have: it has to come by its enrolment again. "
     "latchkey explain {id} says whether it would get a credential."},
    {"renewal_not_signed", "not signed under the certificate in x5t#S256",
     "It names a certificate of its own and does not hold the key of it: the device lost its key and has to "
     "come by its enrolment again (latchkey explain {id}), or somebody else saw its certificate."},
    {"certificate_erased", "the certificate in x5t#S256 was erased",
     "It ended so long ago that retention erased it: the device has to come by its enrolment again. latchkey "
     "explain {id} says whether it would get a credential."},
    {"certificate_not_issued", "no CA of the service issued the certificate in x5t#S256 to this device",
     "The device CA was replaced and crl.previous_ca_file does not name the one before, or somebody wrote "
     "into "
     "the registry what the service did not issue: who has the service's login? The device has to come by "
     "its "
     "enrolment again (latchkey explain {id})."},
    {"certificate_ended", "the certificate in x5t#S256 is no longer good",
     "The device has to come by its enrolment again. latchkey explain {id} says whether it would get a "
     "credential."},
    {"enrolment_gone", "the enrolment that registered the device is gone",
     "Enrol it again with latchkey enroll device {id}; then SELECT registry.reset('{id}', 'why')."},
    {"malformed_certificate", "x5c: the leaf is no certificate",
     "A fault of the device's firmware, or of who put the certificate into it. latchkey explain {id} says "
     "whether it would be accepted with a good one."},
    {"certificate_key_not_accepted", "x5c: the key of the leaf is not accepted",
     "Its factory certificate is for a key that is none of P-256, P-384, Ed25519, and RSA of 2048 to "
     "4096 bits. With another certificate or proof, enrol it anew: registry.decommission, "
     "registry.forget, latchkey enroll device {id}, registry.reset."},
    {"certificate_not_signed", "not signed under the leaf of x5c",
     "It shows a factory certificate and does not hold the key of it: a device that was made wrongly, or"
     " somebody who saw the certificate. With another proof, enrol it anew: registry.decommission, "
     "registry.forget, latchkey enroll device {id}, registry.reset."},
    {"certificate_of_the_service", "x5c: the leaf was issued by the service",
     "It shows a certificate that it got here as one of the factory's: a fault of its firmware. It renews by "
     "x5t#S256, or comes by its enrolment: latchkey explain {id}."},
    {"other_certificate_enrolled", "x5c: another certificate than the enrolled one",
     "If the device got a new factory certificate, enrol it anew: registry.decommission, "
     "registry.forget, latchkey enroll device {id}, registry.reset. If not, somebody else uses its id."},
    {"certificate_is_a_ca", "x5c: the leaf is a CA",
     "A CA is no device. With the certificate of the device itself, enrol it anew: "
     "registry.decommission, registry.forget, latchkey enroll device {id}, registry.reset."},
    {"certificate_outside_validity", "x5c: the leaf is outside its validity",
     "Its factory certificate is not valid yet, or no longer. With another certificate or proof, enrol "
     "it anew: registry.decommission, registry.forget, latchkey enroll device {id}, registry.reset."},
    {"kid_of_another_group", "x5c: kid names another group than the CA's",
     "The device names a group by kid whose CA did not make its certificate: correct the device, which need "
     "not name any. SELECT * FROM registry.groups shows the groups."},
    {"group_ca_not_accepted", "x5c: the CA of the group is not accepted",
     "Not the device's fault: the CA that the group has cannot be used, the detail says why. latchkey enroll "
     "roll-key {group} gives the group another one."},
    {"chain_not_accepted", "x5c: no chain that is accepted up to the CA of the group",
     "Its factory certificate, or one above it, is not what the group asks for: the detail says which and "
     "why. latchkey enroll device {id} enrols it by another proof."},
    {"no_id_in_certificate", "x5c: the leaf does not name one device",
     "The group takes a device's id from a place in the certificate that is empty or has several names: "
     "latchkey enroll group --help shows the places. latchkey enroll device {id} enrols this one alone."},
    {"certificate_of_another_device", "x5c: the leaf is of another device",
     "Its factory certificate names another id than it uses: correct the device, or enrol the certificate "
     "for "
     "this id with latchkey enroll device {id}."},
    {"enrolment_disabled", "the enrolment is disabled",
     "SELECT registry.enable_device('{id}', 'why') lets it in again."},
    {"group_disabled", "the group is disabled",
     "SELECT registry.enable_group('{group}', 'why') lets its devices in again."},
    {"registered_by_another_enrolment", "registered by another enrolment",
     "If the device is to move: SELECT registry.reset('{id}', 'why'), then this enrolment may register it. "
     "If not, somebody else uses its id."},
    {"registered_by_another_key", "registered by another key",
     "If the device was replaced: SELECT registry.reset('{id}', 'why'), then this key may register it. If "
     "not, somebody else uses its id."},

    {"not_fresh", "no issued_at within bounds and no valid nonce",
     "Nothing: the device signs the nonce of the challenge and is answered. Where only challenges follow in "
     "registry.attempts, its firmware does not do so."},
    {"device_suspended", "the device is suspended", "SELECT registry.resume('{id}', 'why') lets it go on."},
    {"device_revoked", "the device is revoked",
     "SELECT registry.reset('{id}', 'why') lets it provision anew."},
    {"credential_not_allowed", "the enrolment does not allow this type of credential",
     "credential_types in registry.groups shows what its group gives out; registry.set_group_policy changes "
     "it."},
    {"no_key_for_password", "a password, and no key to encrypt it for",
     "The device has to send an encryption_key, or come by a symmetric key: latchkey enroll device {id}."},
    {"no_key_for_config", "a sealed configuration, and no key to encrypt it for",
     "The device has to send an encryption_key, or its group not to seal configurations: sealing in "
     "registry.set_group_policy."},
    {"passwords_not_given", "a password, and broker_access.mode is none",
     "Set broker_access.mode in the service's configuration to how the broker learns of passwords; latchkey "
     "config check reads it."},
    {"malformed_csr", "CSR: malformed",
     "A fault of the device's firmware. latchkey explain {id} says whether it would be accepted with a good "
     "CSR."},
    {"csr_key_not_accepted", "CSR: a key that is not accepted",
     "The device has to make a key that is accepted: P-256, P-384, Ed25519, or RSA of 2048 to 4096 bits. "
     "latchkey explain {id} says whether it would get a credential then."},
    {"csr_not_signed", "CSR: not signed by its own key",
     "A fault of the device's firmware, or a CSR for the key of somebody else. latchkey explain {id} says "
     "whether it would be accepted with a good CSR."},
    {"same_request", "the same request again",
     "Nothing: it gets the credential that it got before. Where that does not end in registry.attempts, the "
     "answers do not reach the device."},
    {"request_id_reused", "the request_id was used for something else",
     "A fault of the device's firmware: it has to take a new request_id. latchkey explain {id} says whether "
     "it would get a credential then."},
    {"request_id_ended", "the request_id's credential has ended",
     "A fault of the device's firmware: it has to take a new request_id. latchkey explain {id} says whether "
     "it would get a credential then."},
    {"outside_window", "outside the enrolment's validity window",
     "Its group or token takes no newcomers now: valid_from and valid_until in registry.groups and "
     "registry.tokens. registry.set_group_policy moves the window of a group; latchkey enroll device {id} "
     "enrols it by itself."},
    {"id_not_matched", "the id does not match the group's pattern",
     "latchkey enroll device {id} enrols it by itself; registry.set_group_policy changes the "
     "device_id_pattern of the group; or the device is of another group."},
    {"not_on_the_list", "the device is not on the group's allow list",
     "latchkey enroll device {id} --group {group} --allow lists it."},
    {"token_cannot_replace", "a token cannot replace the credential of a registered device",
     "If the device lost its credential: SELECT registry.reset('{id}', 'why') lets it provision anew. If "
     "not, somebody else with the token uses its id."},
    {"reprovisioning_denied", "the group denies reprovisioning",
     "If the device lost its credential: SELECT registry.reset('{id}', 'why') lets it provision anew."},
    {"waits_for_approval", "waits for an operator's approval",
     "Once it has asked: SELECT registry.approve('{id}', 'why') lets it in, registry.reject('{id}', 'why') "
     "does "
     "not."},
    {"rejected_by_operator", "an operator rejected this request",
     "Nothing of this very request. Another one of the device waits anew: registry.pending_approvals."},
    {"not_issued", "no certificate could be made",
     "Not the device's fault: the device CA has expired or cannot sign. latchkey ca show shows it, the log "
     "of the service says more."},
    {"quota_used_up", "the quota is used up",
     "Its group or token is full: registry.groups and registry.tokens. registry.decommission frees a place "
     "in a group, registry.set_group_policy raises max_devices, latchkey enroll device {id} enrols it by "
     "itself."},
    {"too_many_wait", "as many wait for approval as may",
     "registry.pending_approvals shows who waits in {group}: no more may than max_devices leaves room for, "
     "and a thousand. registry.approve and registry.reject make room, registry.end_token ends a token that "
     "strangers use, latchkey enroll device {id} enrols it by itself."},
    {"too_many_credentials", "it got as many new credentials within an hour as its group allows",
     "Something makes it ask anew, most often that it does not keep what it is sent; or its key is in other "
     "hands. It is answered again within an hour, or after SELECT registry.reset('{id}', 'why'); "
     "credentials_per_hour in registry.set_group_policy allows more."},

    {"malformed_status", "the status does not follow the protocol",
     "A fault of the device's firmware. registry.devices shows what it said last that counted."},
    {"device_not_registered", "the device is not registered",
     "It says something before it registered, or after an operator suspended or revoked it: its state in "
     "registry.devices."},
    {"generation_not_live", "the generation is not live",
     "It is connected with a credential that has ended, or that the registry does not know: it has to "
     "provision again. registry.certificates shows its generations."},
    {"session_not_open", "not the open session",
     "A message of an earlier connection, or of a second device with the same identity: "
     "registry.suspected_clones."},
    {"late_status", "it may be older than the open session",
     "Nothing: a device that is there repeats it, and it counts then. Where that does not end, two devices "
     "share the identity (registry.suspected_clones), or the firmware uses the name of a session twice."},
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
