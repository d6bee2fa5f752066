#include "unit/service/enrolment/deciding.hpp"

using namespace latchkey;
using namespace latchkey::service;
using namespace latchkey::service::deciding;

TEST_CASE("who may have a first credential", "[decide]") {
  check({
      {{}, "registers"},
      {{token_proof}, "registers"},
      {{requested}, "registers"},
      {{was_reset}, "registers"},
      {{was_reset, token_proof}, "registers"},
      // Window and pattern bound first registrations, those after a reset too; the reprovisioning policy does
      // not.
      {{window_closed}, "unauthorized"},
      {{id_unmatched}, "unauthorized"},
      {{requested, window_closed}, "unauthorized"},
      {{was_reset, window_closed}, "unauthorized"},
      {{was_reset, id_unmatched}, "unauthorized"},
      {{token_proof, window_closed}, "unauthorized"},
      {{no_reprovisioning}, "registers"},
      {{was_reset, no_reprovisioning}, "registers"},
  });
}

TEST_CASE("who may have another credential", "[decide]") {
  check({
      {{registered}, "rotates"},
      {{connected}, "rotates"},
      {{ready}, "rotates"},
      {{ready, window_closed, id_unmatched}, "rotates"},
      // Until it connected first, a device with a key may replace what it did not use.
      {{registered, no_reprovisioning}, "rotates"},
      {{registered, newest_ended, no_reprovisioning}, "rotates"},
      {{connected, no_reprovisioning}, "reprovisioning_denied"},
      {{ready, no_reprovisioning}, "reprovisioning_denied"},
      {{connected, said_plainly, no_reprovisioning}, "rotates"},
      {{ready, said_plainly, no_reprovisioning}, "rotates"},
      {{ready, said_plainly, newest_ended, token_proof}, "rotates"},
      {{ready, said_plainly, token_proof}, "reprovisioning_denied"},
      // A token replaces only what came to nothing.
      {{registered, token_proof}, "reprovisioning_denied"},
      {{registered, newest_ended, token_proof}, "rotates"},
      {{registered, newest_ended, token_proof, no_reprovisioning}, "rotates"},
      {{registered, newest_unknown, token_proof}, "reprovisioning_denied"},
      {{connected, token_proof}, "reprovisioning_denied"},
      {{connected, newest_ended, token_proof}, "reprovisioning_denied"},
      {{ready, newest_ended, token_proof}, "reprovisioning_denied"},
  });
}

TEST_CASE("a password is renewed by the enrolment's proof, in time and after its end", "[decide]") {
  check({
      {{ready, has_password<59>, no_reprovisioning}, "reprovisioning_denied"},
      {{ready, has_password<60>, no_reprovisioning}, "rotates"},
      {{ready, has_password<59>, newest_ended, no_reprovisioning}, "rotates"},
      {{ready, has_password<10>}, "rotates"},
      // Who had a certificate has that one to prove a renewal with.
      {{ready, has_password<60>, newest_certificate, no_reprovisioning}, "reprovisioning_denied"},
  });
}

TEST_CASE("an allow list admits whom it lists, and bounds first registrations only", "[decide]") {
  check({
      {{by_allow_list}, "unauthorized"},
      {{by_allow_list, listed}, "registers"},
      {{by_allow_list, listed, window_closed}, "unauthorized"},
      {{by_allow_list, was_reset}, "unauthorized"},
      {{by_allow_list, ready}, "rotates"},
      {{listed}, "registers"},
  });
}

TEST_CASE("approval admits the very request that was approved", "[decide]") {
  check({
      {{by_approval}, "waits"},
      {{by_approval, token_proof, by_approval}, "waits"},
      {{by_approval, requested}, "waits"},
      {{by_approval, requested, waiting}, "waits"},
      {{by_approval, requested, approved}, "registers"},
      {{by_approval, requested, approved, other_key}, "waits"},
      {{by_approval, requested, rejected}, "unauthorized"},
      {{by_approval, requested, rejected, other_key}, "waits"},
      {{by_approval, was_reset}, "waits"},
      {{by_approval, ready}, "rotates"},
      // What can never be granted does not wait.
      {{by_approval, window_closed}, "unauthorized"},
      {{by_approval, csr_unsigned}, "invalid_csr"},
  });
}

TEST_CASE("a secret goes out sealed or not at all", "[decide]") {
  check({
      {{allows_password, wants_password}, "registers"},  // sealed under the symmetric key
      {{token_proof, allows_password, wants_password}, "encryption_required"},
      {{token_proof, allows_password, wants_password, other_encryption_key}, "registers"},
      {{wants_password}, "credential_not_allowed"},
      {{always_seals}, "registers"},
      {{token_proof, always_seals}, "encryption_required"},
      {{token_proof, always_seals, without_config}, "registers"},
      {{token_proof, always_seals, other_encryption_key}, "registers"},
  });
}

TEST_CASE("a suspended or revoked device gets nothing, no repeat either", "[decide]") {
  check({
      {{suspended}, "device_suspended"},
      {{revoked}, "device_revoked"},
      {{suspended, answered_before}, "device_suspended"},
      {{revoked, answered_before}, "device_revoked"},
      {{suspended, token_proof}, "device_suspended"},
      {{revoked, token_proof}, "device_revoked"},
      {{revoked, wants_password}, "device_revoked"},
      {{suspended, csr_malformed}, "device_suspended"},
  });
}
