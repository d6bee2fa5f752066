#include "reason_case.hpp"
#include "unit/crypto/made_with_openssl.hpp"

namespace latchkey::test {

using registry::Reason;

const MadeReasons& reasons_of_what_is_asked_for() {
  static const MadeReasons made = {
      {Reason::not_fresh,
       [](ReasonCase& c) {
         c.enroll_own_key();
         c.request.issued_at.reset();
         c.ask_by_own_key();
       }},
      {Reason::device_suspended,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.act("suspend('" + c.id + "', 'why')");
         c.ask_by_own_key();
       }},
      {Reason::device_revoked,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.act("revoke('" + c.id + "', 'why')");
         c.ask_by_own_key();
       }},
      {Reason::credential_not_allowed,
       [](ReasonCase& c) {
         c.enroll_own_key();
         c.wants_password();
         c.ask_by_own_key();
       }},
      {Reason::no_key_for_password,
       [](ReasonCase& c) {
         c.enroll_token("credential_types => '{password}'");
         c.wants_password();
         c.ask_by_token();
       }},
      {Reason::no_key_for_config,
       [](ReasonCase& c) {
         c.enroll_token("sealing => 'always', config => '{\"a\": 1}'");
         c.ask_by_token();
       }},
      {Reason::passwords_not_given,
       [](ReasonCase& c) {
         c.running =
             std::make_unique<Serving>(c.database.options(Login::service), Unusual{.gives_passwords = false});
         c.enroll_group_key("credential_types => '{password}'");
         c.wants_password();
         c.ask_in_group();
       }},
      {Reason::malformed_csr,
       [](ReasonCase& c) {
         c.request.csr = {0x30, 0x00};
         c.registered_by_own_key();
       }},
      {Reason::csr_key_not_accepted,
       [](ReasonCase& c) {
         c.request.csr =
             crypto::made_with_openssl::request(crypto::made_with_openssl::ec_key("P-521"), EVP_sha256());
         c.registered_by_own_key();
       }},
      {Reason::csr_not_signed,
       [](ReasonCase& c) {
         c.request.csr.back() ^= 1U;
         c.registered_by_own_key();
       }},
      {Reason::same_request,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.ask_by_own_key();
       }},
      {Reason::request_id_reused,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.request.csr = crypto::make_certificate_request(device_key_no(1), "ignored");
         c.ask_by_own_key();
       }},
      {Reason::request_id_ended,
       [](ReasonCase& c) {
         c.registered_by_own_key();
         c.change("UPDATE registry.credential SET status = 'retired', ended_at = now()");
         c.ask_by_own_key();
       }},
      {Reason::answer_too_large,
       [](ReasonCase& c) {
         c.enroll_token();
         c.request.max_message_bytes = 2048;
         c.ask_by_token();
       }},
      {Reason::not_issued,
       [](ReasonCase& c) {
         static const auto expired = crypto::make_ca("expired", {this_second() - 48h, this_second() - 24h});
         c.running =
             std::make_unique<Serving>(c.database.options(Login::service), Unusual{.device_ca = expired});
         c.registered_by_own_key();
       }},
  };
  return made;
}

const MadeReasons& reasons_of_admission() {
  static const MadeReasons made = {
      {Reason::outside_window,
       [](ReasonCase& c) {
         c.enroll_group_key("valid_until => '2020-01-01'");
         c.ask_in_group();
       }},
      {Reason::id_not_matched,
       [](ReasonCase& c) {
         c.enroll_group_key("device_id_pattern => 'M-[0-9]+'");
         c.ask_in_group();
       }},
      {Reason::id_not_carried, [](ReasonCase& c) { c.serving().unfit(c.id); }},
      {Reason::not_on_the_list,
       [](ReasonCase& c) {
         c.enroll_group_key("admission => 'allow_list'");
         c.ask_in_group();
       }},
      {Reason::token_cannot_replace,
       [](ReasonCase& c) {
         c.enroll_token();
         c.ask_by_token();
         c.another_request();
         c.ask_by_token();
       }},
      {Reason::reprovisioning_denied,
       [](ReasonCase& c) {
         c.enroll_group_key("reprovisioning => 'deny'");
         c.ask_in_group();
         c.change("UPDATE registry.device SET confirmed = 1");
         c.another_request();
         c.ask_in_group();
       }},
      {Reason::waits_for_approval,
       [](ReasonCase& c) {
         c.enroll_group_key("admission => 'approval'");
         c.ask_in_group();
       }},
      {Reason::rejected_by_operator,
       [](ReasonCase& c) {
         c.enroll_group_key("admission => 'approval'");
         c.ask_in_group();
         c.act("reject('" + c.id + "', 'why')");
         c.ask_in_group();
       }},
      {Reason::quota_used_up,
       [](ReasonCase& c) {
         c.enroll_group_key("max_devices => 1");
         c.database.run("UPDATE registry.quota SET used = 1 WHERE name = 'group:" + c.id + "'");
         c.ask_in_group();
       }},
      {Reason::too_many_wait,
       [](ReasonCase& c) {
         c.enroll_group_key("admission => 'approval', max_devices => 0");
         c.ask_in_group();
       }},
      {Reason::too_many_credentials,
       [](ReasonCase& c) {
         c.enroll_group_key();
         c.act("set_group_policy('" + c.id + "', '{\"credentials_per_hour\": 1}', 'why')");
         for (const std::string_view which : {"first", "second", "third"}) {
           c.request.request_id = request_id(which);
           c.ask_in_group();
         }
       }},
  };
  return made;
}

}  // namespace latchkey::test
