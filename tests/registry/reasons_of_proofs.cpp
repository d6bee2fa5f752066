#include "reason_case.hpp"
#include "unit/crypto/made_with_openssl.hpp"

namespace latchkey::test {

using registry::Reason;

const MadeReasons& reasons_of_proofs() {
  static const MadeReasons made = {
      {Reason::malformed_request, [](ReasonCase& c) { c.ask("{}"); }},
      {Reason::no_enrolment, [](ReasonCase& c) { c.ask_by_own_key(); }},
      {Reason::other_kind_of_proof,
       [](ReasonCase& c) {
         c.enroll("token", crypto::sha256(crypto::as_bytes("x")));
         c.ask_by_own_key();
       }},
      {Reason::wrong_token,
       [](ReasonCase& c) {
         c.enroll("token", crypto::sha256(crypto::as_bytes("x")));
         c.ask_by_token();
       }},
      {Reason::wrong_key,
       [](ReasonCase& c) {
         c.enroll_own_key();
         c.ask(c.by_mac(crypto::as_bytes(group_key)));
       }},
      {Reason::wrong_algorithm,
       [](ReasonCase& c) {
         c.enroll_public_key(device_key_no(0));
         c.ask(c.signed_by(crypto::PrivateKey::generate(crypto::Algorithm::ed25519)));
       }},
      {Reason::enrolled_key_not_opened,
       [](ReasonCase& c) {
         c.enroll("symmetric_key", master().seal("device:another", crypto::as_bytes(own_key)));
         c.ask_by_own_key();
       }},
      {Reason::enrolled_key_not_accepted,
       [](ReasonCase& c) {
         c.enroll("public_key", crypto::made_with_openssl::spki(crypto::made_with_openssl::ec_key("P-521")));
         c.ask(c.signed_by(device_key_no(0)));
       }},
      {Reason::unknown_certificate,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.ask(c.signed_by(device_key_no(0),
                           {.group = {}, .chain = {}, .current_certificate = crypto::Sha256Digest()}));
       }},
      {Reason::renewal_not_signed,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.renew(device_key_no(1));
       }},
      {Reason::certificate_erased,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.change("UPDATE registry.credential SET certificate = NULL, erased_at = now()");
         c.renew(device_key_no(0));
       }},
      {Reason::certificate_ended,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.act("revoke('" + c.id + "', 'stolen')");
         c.renew(device_key_no(0));
       }},
      {Reason::enrolment_gone,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.change("DELETE FROM registry.enrollment");
         c.renew(device_key_no(0));
       }},
      {Reason::enrolment_disabled,
       [](ReasonCase& c) {
         c.enroll_own_key();
         c.act("disable_device('" + c.id + "', 'why')");
         c.ask_by_own_key();
       }},
      {Reason::group_disabled,
       [](ReasonCase& c) {
         c.enroll_group_key();
         c.act("disable_group('" + c.id + "', 'why')");
         c.ask_in_group();
       }},
      {Reason::certificate_not_issued,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         // With the service's login: a certificate that it signed itself becomes the device's newest.
         const auto own = crypto::make_ca(c.id, around_now());
         auto row = accepted({.device = c.id, .request = "stored", .expected = 1, .to_registered = false});
         auto& credential = row.registration->credential;
         credential.certificate = {own.certificate.der().begin(), own.certificate.der().end()};
         credential.fingerprint = own.certificate.fingerprint();
         registry::Registry registry = c.database.registry();
         CHECK(commit_one(registry, row) == registry::Outcome::won);
         c.another_request();
         c.ask(
             c.signed_by(own.key, {.group = {}, .chain = {}, .current_certificate = credential.fingerprint}));
       }},
      {Reason::registered_by_another_enrolment,
       [](ReasonCase& c) {
         c.enroll_group_key();
         c.ask_in_group();
         c.change("UPDATE registry.device SET enrolled_by = 'group:another'");
         c.another_request();
         c.ask_in_group();
       }},
      {Reason::registered_by_another_key,
       [](ReasonCase& c) {
         c.enroll_public_key(device_key_no(0));
         c.ask(c.signed_by(device_key_no(0)));
         c.change("UPDATE registry.enrollment SET material = " +
                  ReasonCase::hex(device_key_no(1).public_key().spki()));
         c.another_request();
         c.ask(c.signed_by(device_key_no(1)));
       }},
  };
  return made;
}

}  // namespace latchkey::test
