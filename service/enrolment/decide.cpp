#include "service/enrolment/decide.hpp"

#include "protocol/limits.hpp"

namespace latchkey::service {
namespace {

using protocol::Code;
using registry::DeviceState;
using MaybeRejection = std::optional<Rejection>;

bool is_registered(const std::optional<registry::Device>& device) {
  return device && device->state != DeviceState::off && device->state != DeviceState::provisioning_requested;
}

MaybeRejection check_state(const std::optional<registry::Device>& device) {
  if (device && device->state == DeviceState::suspended)
    return Rejection{Code::device_suspended, "the device is suspended"};
  if (device && device->state == DeviceState::revoked)
    return Rejection{Code::device_revoked, "the device is revoked"};
  return std::nullopt;
}

MaybeRejection check_type(protocol::CredentialType type, const registry::Policy& policy) {
  if (type == protocol::CredentialType::x509 && policy.allows_x509) return std::nullopt;
  return Rejection{Code::credential_not_allowed, "the enrolment does not allow this type of credential"};
}

/// Window and pattern bound first registrations only.
MaybeRejection check_admission(const registry::Policy& policy) {
  if (!policy.in_window) return Rejection{Code::unauthorized, "outside the enrolment's validity window"};
  if (!policy.id_matches) return Rejection{Code::unauthorized, "the id does not match the group's pattern"};
  return std::nullopt;
}

/// May a registered device have a new credential by its enrolment proof?
MaybeRejection check_reprovisioning(const VerifiedRequest& verified, const registry::RequestFacts& facts) {
  const bool unused = facts.device->state == DeviceState::registered;
  if (verified.by_token()) {
    // Whoever knows a token could take a device over, so it gives a second credential only where the first
    // came to nothing.
    const bool lapsed = unused && facts.newest && !facts.newest->live;
    if (lapsed) return std::nullopt;
    return Rejection{Code::reprovisioning_denied,
                     "a token cannot replace the credential of a registered device"};
  }
  if (unused || verified.enrolment().policy.may_reprovision) return std::nullopt;
  return Rejection{Code::reprovisioning_denied, "the group denies reprovisioning"};
}

Code code_of(crypto::Fault fault) {
  if (fault == crypto::Fault::internal) return Code::unavailable;  // not the device's, so never `rejected`
  return fault == crypto::Fault::weak_key ? Code::weak_key : Code::invalid_csr;
}

Rejection rejection_of(const crypto::Error& error) {
  return {code_of(error.fault), "CSR: " + error.what};
}

}  // namespace

bool Decider::is_fresh(const VerifiedRequest& verified, crypto::Time now) const {
  if (verified.by_token()) return true;  // a plain request has no clock to show; its token is the whole proof
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
  const registry::Policy& policy = verified.enrolment().policy;
  if (!is_fresh(verified, now)) return Challenge{nonces_.make(request.device_id, now)};
  if (auto refused = check_state(facts.device)) return *refused;
  if (auto refused = check_type(request.credential, policy)) return *refused;

  auto csr = crypto::CertificateRequest::parse(request.csr);
  if (!csr) return rejection_of(csr.error());
  const auto digest = protocol::request_digest(request.credential, csr->key().spki(), request.encryption_key);
  if (const auto& same = facts.same_request) {
    if (same->live && same->digest == digest) return Repeat{*same};
    return Rejection{Code::conflict, same->live ? "the request_id was used for something else"
                                                : "the request_id's credential has ended"};
  }

  const bool registers = !is_registered(facts.device);
  if (auto refused = registers ? check_admission(policy) : check_reprovisioning(verified, facts))
    return *refused;
  if (auto signature = csr->verify_self_signature(); !signature) return rejection_of(signature.error());
  const auto generation = facts.device ? std::optional(facts.device->generation) : std::nullopt;
  return Grant(verified, csr->key(), digest, generation, registers);
}

}  // namespace latchkey::service
