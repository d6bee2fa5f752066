#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/crypto/made_with_openssl.hpp"
#include "unit/service/fixtures.hpp"

#include <vector>

using namespace latchkey;
using namespace latchkey::service;
using namespace latchkey::service::fixtures;
using protocol::CredentialType;
using registry::DeviceState;
using registry::Origin;

namespace {

/// A request and all that is known when it is decided. As it stands: a newcomer's, fresh, by a group's key.
struct Situation {
  protocol::Request request = fixtures::request();
  registry::RequestFacts facts = facts_of(key_of_group());
  bool by_token = false;

  registry::Policy& policy() { return facts.enrolment->policy; }
};

Decision decide(const Situation& situation) {
  const auto received =
      situation.by_token ? with_token(token, situation.request) : signed_in_group(situation.request);
  const auto verified = authenticator().authenticate(received, situation.facts, now).value();
  return Decider(nonces()).decide(verified, situation.facts, now);
}

std::string name_of(const Decision& decision) {
  if (const auto* grant = std::get_if<Grant>(&decision)) return grant->registers() ? "registers" : "rotates";
  if (std::holds_alternative<Repeat>(decision)) return "repeats";
  if (std::holds_alternative<Challenge>(decision)) return "challenge";
  if (std::holds_alternative<Wait>(decision)) return "waits";
  return std::string(protocol::rule(std::get<Rejection>(decision).code).name);
}

// What can be changed in a situation. A row of the table is a list of these.
using Change = void (*)(Situation&);

void token_proof(Situation& s) {
  s.by_token = true;
  s.facts.enrolment = token_of(Origin::group);
}
template <DeviceState state>
void is(Situation& s) {
  s.facts.device = registered_by("group:meters", state);
  s.facts.newest.emplace();
  s.facts.newest->generation = 3;
  s.facts.newest->live = true;
}
constexpr auto registered = is<DeviceState::registered>;
constexpr auto connected = is<DeviceState::connected>;
constexpr auto ready = is<DeviceState::ready>;
constexpr auto suspended = is<DeviceState::suspended>;
constexpr auto revoked = is<DeviceState::revoked>;
void was_reset(Situation& s) {
  is<DeviceState::off>(s);
  s.facts.device->enrolled_by.clear();
  s.facts.newest->live = false;
}
void requested(Situation& s) {
  is<DeviceState::provisioning_requested>(s);
  s.facts.device->generation = 0;
  s.facts.newest.reset();
}
void newest_ended(Situation& s) {
  s.facts.newest->live = false;
}
void newest_certificate(Situation& s) {
  s.facts.newest->type = CredentialType::x509;
}
void newest_unknown(Situation& s) {
  s.facts.newest.reset();
}

void no_clock(Situation& s) {
  s.request.issued_at.reset();
}
template <int seconds>
void clock_off(Situation& s) {
  *s.request.issued_at += seconds;
}
template <int age>
void nonce(Situation& s) {
  s.request.nonce = nonces().make(device(), now - std::chrono::seconds(age));
}
void nonce_of_another(Situation& s) {
  s.request.nonce = nonces().make(device("12346"), now);
}

void window_closed(Situation& s) {
  s.policy().in_window = false;
}
void id_unmatched(Situation& s) {
  s.policy().id_matches = false;
}
/// Its state was moved by a `connected` that anybody can say.
void said_plainly(Situation& s) {
  s.facts.device->confirmed = 0;
}
void no_reprovisioning(Situation& s) {
  s.policy().may_reprovision = false;
}
void no_x509(Situation& s) {
  s.policy().allows_x509 = false;
}
void wants_password(Situation& s) {
  s.request.credential = CredentialType::password;
}
void wants_something(Situation& s) {
  s.request.credential = CredentialType::other;
}

void allows_password(Situation& s) {
  s.policy().allows_password = true;
}
void by_allow_list(Situation& s) {
  s.policy().admitted = registry::Admitted::listed;
}
void listed(Situation& s) {
  s.policy().is_listed = true;
}
void by_approval(Situation& s) {
  s.policy().admitted = registry::Admitted::approved;
}
crypto::Sha256Digest digest_of_request() {
  const auto csr = crypto::CertificateRequest::parse(fixtures::request().csr).value();
  return protocol::request_digest(CredentialType::x509, csr.key().spki(), {});
}
void approved(Situation& s) {
  s.facts.device->approved = digest_of_request();
}
void rejected(Situation& s) {
  s.facts.device->rejected = digest_of_request();
}
void waiting(Situation& s) {
  s.facts.device->waiting = digest_of_request();
}
void always_seals(Situation& s) {
  s.policy().sealing = registry::Sealing::always;
  s.facts.enrolment->config = R"({"key":"value"})";
}
void without_config(Situation& s) {
  s.facts.enrolment->config = "{}";
}

void answered_before(Situation& s) {
  auto& same = s.facts.same_request.emplace();
  same.generation = 3;
  same.live = true;
  const auto csr = crypto::CertificateRequest::parse(fixtures::request().csr).value();
  same.digest = protocol::request_digest(CredentialType::x509, csr.key().spki(), {});
}
void answer_ended(Situation& s) {
  s.facts.same_request->live = false;
}
void other_key(Situation& s) {
  s.request.csr = crypto::make_certificate_request(crypto::PrivateKey::generate_p256(), "ignored");
}
void other_encryption_key(Situation& s) {
  const auto point = crypto::PrivateKey::generate_p256().public_key();
  const auto xy = point.spki().last(64);
  s.request.encryption_key = {.x = {xy.begin(), xy.begin() + 32}, .y = {xy.begin() + 32, xy.end()}};
}

void csr_malformed(Situation& s) {
  s.request.csr = {0x30, 0x00};
}
void csr_weak(Situation& s) {
  const auto key = crypto::made_with_openssl::ec_key("P-521");
  s.request.csr = crypto::made_with_openssl::request(key, EVP_sha256(), key);
}
/// The device's own key, and the signature of somebody who does not have it.
void csr_unsigned(Situation& s) {
  s.request.csr.back() ^= 1U;
}

struct Row {
  std::vector<Change> changes;
  std::string_view decision;
};

void check(const std::vector<Row>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Situation situation;
    for (const Change change : rows[i].changes)
      change(situation);
    INFO("row " << i);
    CHECK(name_of(decide(situation)) == rows[i].decision);
  }
}

}  // namespace

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

/// A password of which so many hundredths of its life are over.
template <int hundredths>
void has_password(Situation& s) {
  s.request.credential = CredentialType::password;
  s.policy().allows_password = true;
  s.facts.newest->type = CredentialType::password;
  s.facts.newest->not_before = now - std::chrono::hours(hundredths);
  s.facts.newest->not_after = now + std::chrono::hours(100 - hundredths);
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
