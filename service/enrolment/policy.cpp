#include "service/enrolment/policy.hpp"

#include <array>

namespace latchkey::service {
namespace {

using protocol::Code;
using protocol::CredentialType;
using registry::DeviceState;
using registry::Reason;
using registry::RequestFacts;
using MaybeRejection = std::optional<Rejection>;

MaybeRejection check_suspended(const Asked&, const RequestFacts& facts) {
  if (!facts.device || facts.device->state != DeviceState::suspended) return std::nullopt;
  return Rejection{Code::device_suspended, Reason::device_suspended};
}

MaybeRejection check_revoked(const Asked&, const RequestFacts& facts) {
  if (!facts.device || facts.device->state != DeviceState::revoked) return std::nullopt;
  return Rejection{Code::device_revoked, Reason::device_revoked};
}

MaybeRejection check_type(const Asked& asked, const RequestFacts& facts) {
  const registry::Policy& policy = facts.enrolment->policy;
  if (asked.credential == CredentialType::x509 && policy.allows_x509) return std::nullopt;
  if (asked.credential == CredentialType::password && policy.allows_password) return std::nullopt;
  return Rejection{Code::credential_not_allowed, Reason::credential_not_allowed};
}

MaybeRejection check_sealing(const Asked& asked, const RequestFacts& facts) {
  if (asked.can_open) return std::nullopt;
  if (asked.credential == CredentialType::password)
    return Rejection{Code::encryption_required, Reason::no_key_for_password};
  if (facts.enrolment->policy.sealing == registry::Sealing::always && facts.enrolment->config != "{}")
    return Rejection{Code::encryption_required, Reason::no_key_for_config};
  return std::nullopt;
}

MaybeRejection check_broker(const Asked& asked, const RequestFacts&) {
  if (asked.gives_passwords) return std::nullopt;
  return Rejection{Code::credential_not_allowed, Reason::passwords_not_given};
}

MaybeRejection check_window(const Asked&, const RequestFacts& facts) {
  if (facts.enrolment->policy.in_window) return std::nullopt;
  return Rejection{Code::unauthorized, Reason::outside_window};
}

MaybeRejection check_pattern(const Asked&, const RequestFacts& facts) {
  if (facts.enrolment->policy.id_matches) return std::nullopt;
  return Rejection{Code::unauthorized, Reason::id_not_matched};
}

MaybeRejection check_list(const Asked&, const RequestFacts& facts) {
  const registry::Policy& policy = facts.enrolment->policy;
  if (policy.admitted != registry::Admitted::listed || policy.is_listed) return std::nullopt;
  return Rejection{Code::unauthorized, Reason::not_on_the_list};
}

/// Not by its state, which shows what the device said and not what it confirmed.
bool has_used_none(const RequestFacts& facts) {
  return facts.device->confirmed == 0;
}

/// A registered device may get a new credential by its enrolment proof always as long as it has not used one,
/// otherwise by the group's policy.
MaybeRejection check_token_takeover(const Asked& asked, const RequestFacts& facts) {
  if (!asked.by_token) return std::nullopt;
  // Anybody who knows a token could take over a device, so a token gives a second credential only if the
  // first was never used.
  if (has_used_none(facts) && facts.newest && !facts.newest->live) return std::nullopt;
  return Rejection{Code::reprovisioning_denied, Reason::token_cannot_replace};
}

MaybeRejection check_reprovisioning(const Asked& asked, const RequestFacts& facts) {
  if (asked.renews || has_used_none(facts) || facts.enrolment->policy.may_reprovision) return std::nullopt;
  return Rejection{Code::reprovisioning_denied, Reason::reprovisioning_denied};
}

constexpr std::array for_all{
    PolicyCheck{"not suspended", check_suspended},
    PolicyCheck{"not revoked", check_revoked},
    PolicyCheck{"type of credential", check_type},
    PolicyCheck{"encryption", check_sealing},
};
constexpr std::array for_passwords{PolicyCheck{"password", check_broker}};
constexpr std::array for_newcomers{
    PolicyCheck{"validity window", check_window},
    PolicyCheck{"id pattern", check_pattern},
    PolicyCheck{"allow list", check_list},
};
constexpr std::array for_registered{
    PolicyCheck{"token", check_token_takeover},
    PolicyCheck{"reprovisioning", check_reprovisioning},
};

}  // namespace

bool renews_password(CredentialType wanted, const RequestFacts& facts, crypto::Time now) {
  const auto& newest = facts.newest;
  if (wanted != CredentialType::password || !newest || newest->type != wanted) return false;
  return !newest->live || now >= newest->not_before + (newest->not_after - newest->not_before) * 3 / 5;
}

bool registers(const std::optional<registry::Device>& device) {
  return !device || device->state == DeviceState::off || device->state == DeviceState::provisioning_requested;
}

std::span<const PolicyCheck> checks_for_all() {
  return for_all;
}
std::span<const PolicyCheck> checks_for_passwords() {
  return for_passwords;
}
std::span<const PolicyCheck> checks_for_newcomers() {
  return for_newcomers;
}
std::span<const PolicyCheck> checks_for_registered() {
  return for_registered;
}

MaybeRejection check(std::span<const PolicyCheck> checks, const Asked& asked, const RequestFacts& facts) {
  for (const PolicyCheck& rule : checks)
    if (auto rejection = rule.check(asked, facts)) return rejection;
  return std::nullopt;
}

}  // namespace latchkey::service
