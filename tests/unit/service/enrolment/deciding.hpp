#pragma once

// The situations in which a request is decided: one that registers a newcomer, and what can be changed in it.

#include "crypto/mac.hpp"
#include "support/catch.hpp"
#include "unit/crypto/made_with_openssl.hpp"
#include "unit/service/fixtures.hpp"

#include <vector>

namespace latchkey::service::deciding {

using namespace latchkey::service::fixtures;
using protocol::CredentialType;
using registry::DeviceState;
using registry::Origin;

/// A request and all that is known when it is decided. As it stands: a newcomer's, fresh, by a group's key.
struct Situation {
  protocol::Request request = fixtures::request();
  registry::RequestFacts facts = facts_of(key_of_group());
  bool by_token = false;

  registry::Policy& policy() { return facts.enrolment->policy; }
};

inline Decision decide(const Situation& situation) {
  const auto received =
      situation.by_token ? with_token(token, situation.request) : signed_in_group(situation.request);
  const auto verified = authenticator().authenticate(received, situation.facts, now).value();
  return Decider(nonces()).decide(verified, situation.facts, now);
}

inline std::string name_of(const Decision& decision) {
  if (const auto* grant = std::get_if<Grant>(&decision)) return grant->registers() ? "registers" : "rotates";
  if (std::holds_alternative<Repeat>(decision)) return "repeats";
  if (std::holds_alternative<Challenge>(decision)) return "challenge";
  if (std::holds_alternative<Wait>(decision)) return "waits";
  return std::string(protocol::rule(std::get<Rejection>(decision).code).name);
}

// What can be changed in a situation. A row of the table is a list of these.
using Change = void (*)(Situation&);

inline void token_proof(Situation& s) {
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
inline constexpr auto registered = is<DeviceState::registered>;
inline constexpr auto connected = is<DeviceState::connected>;
inline constexpr auto ready = is<DeviceState::ready>;
inline constexpr auto suspended = is<DeviceState::suspended>;
inline constexpr auto revoked = is<DeviceState::revoked>;
inline void was_reset(Situation& s) {
  is<DeviceState::off>(s);
  s.facts.device->enrolled_by.clear();
  s.facts.newest->live = false;
}
inline void requested(Situation& s) {
  is<DeviceState::provisioning_requested>(s);
  s.facts.device->generation = 0;
  s.facts.newest.reset();
}
inline void newest_ended(Situation& s) {
  s.facts.newest->live = false;
}
inline void newest_certificate(Situation& s) {
  s.facts.newest->type = CredentialType::x509;
}
inline void newest_unknown(Situation& s) {
  s.facts.newest.reset();
}

inline void no_clock(Situation& s) {
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
inline void nonce_of_another(Situation& s) {
  s.request.nonce = nonces().make(device("12346"), now);
}

inline void window_closed(Situation& s) {
  s.policy().in_window = false;
}
inline void id_unmatched(Situation& s) {
  s.policy().id_matches = false;
}
/// Its state was moved by a `connected` that anybody can say.
inline void said_plainly(Situation& s) {
  s.facts.device->confirmed = 0;
}
inline void no_reprovisioning(Situation& s) {
  s.policy().may_reprovision = false;
}
inline void no_x509(Situation& s) {
  s.policy().allows_x509 = false;
}
inline void wants_password(Situation& s) {
  s.request.credential = CredentialType::password;
}
inline void wants_something(Situation& s) {
  s.request.credential = CredentialType::other;
}

inline void allows_password(Situation& s) {
  s.policy().allows_password = true;
}
inline void by_allow_list(Situation& s) {
  s.policy().admitted = registry::Admitted::listed;
}
inline void listed(Situation& s) {
  s.policy().is_listed = true;
}
inline void by_approval(Situation& s) {
  s.policy().admitted = registry::Admitted::approved;
}
inline crypto::Sha256Digest digest_of_request() {
  const auto csr = crypto::CertificateRequest::parse(fixtures::request().csr).value();
  return protocol::request_digest(CredentialType::x509, csr.key().spki(), {});
}
inline void approved(Situation& s) {
  s.facts.device->approved = digest_of_request();
}
inline void rejected(Situation& s) {
  s.facts.device->rejected = digest_of_request();
}
inline void waiting(Situation& s) {
  s.facts.device->waiting = digest_of_request();
}
inline void always_seals(Situation& s) {
  s.policy().sealing = registry::Sealing::always;
  s.facts.enrolment->config = R"({"key":"value"})";
}
inline void without_config(Situation& s) {
  s.facts.enrolment->config = "{}";
}

inline void answered_before(Situation& s) {
  auto& same = s.facts.same_request.emplace();
  same.generation = 3;
  same.live = true;
  const auto csr = crypto::CertificateRequest::parse(fixtures::request().csr).value();
  same.digest = protocol::request_digest(CredentialType::x509, csr.key().spki(), {});
}
inline void answer_ended(Situation& s) {
  s.facts.same_request->live = false;
}
inline void other_key(Situation& s) {
  s.request.csr = crypto::make_certificate_request(crypto::PrivateKey::generate_p256(), "ignored");
}
inline void other_encryption_key(Situation& s) {
  const auto point = crypto::PrivateKey::generate_p256().public_key();
  const auto xy = point.spki().last(64);
  s.request.encryption_key = {.x = {xy.begin(), xy.begin() + 32}, .y = {xy.begin() + 32, xy.end()}};
}

inline void csr_malformed(Situation& s) {
  s.request.csr = {0x30, 0x00};
}
inline void csr_weak(Situation& s) {
  const auto key = crypto::made_with_openssl::ec_key("P-521");
  s.request.csr = crypto::made_with_openssl::request(key, EVP_sha256(), key);
}
/// The device's own key, and the signature of somebody who does not have it.
inline void csr_unsigned(Situation& s) {
  s.request.csr.back() ^= 1U;
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

/// The changes, one after the other, and what is decided then.
struct Row {
  std::vector<Change> changes;
  std::string_view decision;
};

inline void check(const std::vector<Row>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Situation situation;
    for (const Change change : rows[i].changes)
      change(situation);
    INFO("row " << i);
    CHECK(name_of(decide(situation)) == rows[i].decision);
  }
}

}  // namespace latchkey::service::deciding
