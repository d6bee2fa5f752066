#include "service/enrolment/decide.hpp"

#include "protocol/limits.hpp"

namespace latchkey::service {
namespace {

using protocol::Code;
using registry::Reason;

Asked asked_by(const VerifiedRequest& verified, const registry::RequestFacts& facts, crypto::Time now,
               bool gives_passwords) {
  const protocol::Request& request = verified.request();
  return {.credential = request.credential,
          .by_token = verified.by_token(),
          .renews = verified.renews() || renews_password(request.credential, facts, now),
          .can_open = verified.sealing_key().has_value(),
          .gives_passwords = gives_passwords};
}

Rejection rejection_of(const crypto::Error& error) {
  switch (error.fault) {
    case crypto::Fault::internal:  // not the device's fault, so never `rejected`
      return {Code::unavailable, {Reason::not_issued, "CSR: " + error.what}};
    case crypto::Fault::weak_key:
      return {Code::weak_key, {Reason::csr_key_not_accepted, error.what}};
    case crypto::Fault::bad_signature:
      return {Code::invalid_csr, Reason::csr_not_signed};
    case crypto::Fault::malformed:
    case crypto::Fault::refused:
      break;
  }
  return {Code::invalid_csr, {Reason::malformed_csr, error.what}};
}

}  // namespace

bool Decider::is_fresh(const VerifiedRequest& verified, crypto::Time now) const {
  if (verified.by_token()) return true;  // a plain request has no issued_at; the token is its whole proof
  const protocol::Request& request = verified.request();
  if (request.nonce && nonces_.valid(*request.nonce, request.device_id, now)) return true;
  if (!request.issued_at) return false;
  const std::int64_t apart = *request.issued_at - now.time_since_epoch().count();
  const std::int64_t allowed = protocol::limits::clock_skew.count();
  return apart >= -allowed && apart <= allowed;
}

Decision Decider::decide(const VerifiedRequest& verified, const registry::RequestFacts& facts,
                         crypto::Time now) const {
  const protocol::Request& request = verified.request();
  if (!is_fresh(verified, now)) return Challenge{nonces_.make(request.device_id, now)};
  const Asked asked = asked_by(verified, facts, now, gives_passwords_);
  if (auto refused = check(checks_for_all(), asked, facts)) return *refused;
  if (request.credential == protocol::CredentialType::password)
    if (auto refused = check(checks_for_passwords(), asked, facts)) return *refused;

  std::optional<crypto::CertificateRequest> csr;
  if (request.credential == protocol::CredentialType::x509) {
    auto parsed = crypto::CertificateRequest::parse(request.csr);
    if (!parsed) return rejection_of(parsed.error());
    csr = std::move(*parsed);
  }
  const auto spki = csr ? csr->key().spki() : crypto::ByteView();
  const auto digest = protocol::request_digest(request.credential, spki, request.encryption_key);
  if (const auto& same = facts.same_request) {
    if (same->live && same->digest == digest) return Repeat{*same};
    return Rejection{Code::conflict, same->live ? Reason::request_id_reused : Reason::request_id_ended};
  }
  const bool newcomer = registers(facts.device);
  if (auto refused = check(newcomer ? checks_for_newcomers() : checks_for_registered(), asked, facts))
    return *refused;
  if (csr)
    if (auto signature = csr->verify_self_signature(); !signature) return rejection_of(signature.error());
  const auto generation = facts.device ? std::optional(facts.device->generation) : std::nullopt;
  const auto key = csr ? std::optional(csr->key()) : std::nullopt;
  return admit(Grant(verified, key, digest, generation, newcomer), facts);
}

Decision Decider::admit(Grant grant, const registry::RequestFacts& facts) {
  const bool asks_first = facts.enrolment->policy.admitted == registry::Admitted::approved;
  if (!asks_first || !grant.registers()) return grant;
  if (facts.device && facts.device->approved == grant.digest()) return grant;
  if (facts.device && facts.device->rejected == grant.digest())
    return Rejection{Code::unauthorized, Reason::rejected_by_operator};
  return Wait{grant.digest()};
}

}  // namespace latchkey::service
