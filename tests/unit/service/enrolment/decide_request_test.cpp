#include "unit/service/enrolment/deciding.hpp"

using namespace latchkey;
using namespace latchkey::service;
using namespace latchkey::service::deciding;

TEST_CASE("a signed request is fresh by its clock or by a nonce, and challenged otherwise", "[decide]") {
  check({
      {{clock_off<600>}, "registers"},
      {{clock_off<-600>}, "registers"},
      {{clock_off<601>}, "challenge"},
      {{clock_off<-601>}, "challenge"},
      {{no_clock}, "challenge"},
      {{no_clock, nonce<0>}, "registers"},
      {{no_clock, nonce<120>}, "registers"},
      {{no_clock, nonce<121>}, "challenge"},
      {{no_clock, nonce_of_another}, "challenge"},
      {{clock_off<601>, nonce<0>}, "registers"},
      {{clock_off<601>, nonce<121>}, "challenge"},
      {{nonce_of_another}, "registers"},
      // A token has no clock to show.
      {{token_proof, no_clock}, "registers"},
      // Freshness comes before everything else.
      {{no_clock, revoked}, "challenge"},
      {{no_clock, wants_password}, "challenge"},
      {{no_clock, answered_before, registered}, "challenge"},
      {{no_clock, window_closed}, "challenge"},
      {{no_clock, csr_malformed}, "challenge"},
  });
}

TEST_CASE("the same request again gets the same credential as long as it is live", "[decide]") {
  check({
      {{registered, answered_before}, "repeats"},
      {{connected, answered_before}, "repeats"},
      {{ready, answered_before}, "repeats"},
      {{registered, answered_before, token_proof}, "repeats"},
      {{ready, answered_before, window_closed, id_unmatched, no_reprovisioning}, "repeats"},
      // The rest of the CSR may differ, its signature too.
      {{registered, answered_before, csr_unsigned}, "repeats"},
      {{registered, answered_before, no_x509}, "credential_not_allowed"},
  });
}

TEST_CASE("a request_id that was used for something else, or has ended, is a conflict", "[decide]") {
  check({
      {{registered, answered_before, other_key}, "conflict"},
      {{registered, answered_before, other_encryption_key}, "conflict"},
      {{registered, answered_before, answer_ended}, "conflict"},
      {{registered, answered_before, answer_ended, other_key}, "conflict"},
      {{registered, answered_before, answer_ended, newest_ended, token_proof}, "conflict"},
      {{was_reset, answered_before, answer_ended}, "conflict"},
      {{was_reset, answered_before, answer_ended, window_closed}, "conflict"},
  });
}

TEST_CASE("only what the enrolment allows can be asked for", "[decide]") {
  check({
      {{no_x509}, "credential_not_allowed"},
      {{wants_password}, "credential_not_allowed"},
      {{wants_something}, "credential_not_allowed"},
      {{no_x509, csr_malformed}, "credential_not_allowed"},
  });
}

TEST_CASE("a CSR has to be well-formed, strong and signed by its own key", "[decide]") {
  check({
      {{csr_malformed}, "invalid_csr"},
      {{csr_weak}, "weak_key"},
      {{csr_unsigned}, "invalid_csr"},
      {{ready, csr_unsigned}, "invalid_csr"},
      {{ready, no_reprovisioning, csr_unsigned}, "reprovisioning_denied"},
  });
}

TEST_CASE("a repeat is of the credential that the registry has", "[decide]") {
  Situation situation;
  registered(situation);
  answered_before(situation);
  CHECK(std::get<Repeat>(decide(situation)).credential.generation == 3);
}

TEST_CASE("a device that signs its challenge's nonce is let in", "[decide]") {
  Situation situation;
  no_clock(situation);
  situation.request.nonce = std::get<Challenge>(decide(situation)).nonce;
  CHECK(name_of(decide(situation)) == "registers");
}

TEST_CASE("a grant says which key, for what request, after which generation", "[decide]") {
  Situation situation;
  const auto& spki = device_private_key().public_key().spki();
  const auto newcomer = decide(situation);
  CHECK(std::ranges::equal(std::get<Grant>(newcomer).key()->spki(), spki));
  CHECK(std::get<Grant>(newcomer).digest() == protocol::request_digest(CredentialType::x509, spki, {}));
  CHECK_FALSE(std::get<Grant>(newcomer).expected_generation());
  ready(situation);
  CHECK(std::get<Grant>(decide(situation)).expected_generation() == 3);
  was_reset(situation);
  CHECK(std::get<Grant>(decide(situation)).expected_generation() == 3);
}

TEST_CASE("what a device is told of a rejection is the code, the reason is for the ledger", "[decide]") {
  Situation situation;
  window_closed(situation);
  CHECK(std::get<Rejection>(decide(situation)).cause == registry::Reason::outside_window);
  situation.policy().in_window = true;
  id_unmatched(situation);
  CHECK(std::get<Rejection>(decide(situation)).cause == registry::Reason::id_not_matched);
}
