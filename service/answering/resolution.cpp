#include "service/answering/resolution.hpp"

#include "service/answering/compose.hpp"
#include "service/issuing/issue.hpp"

namespace latchkey::service {
namespace {

registry::Registration registration_of(const Grant& grant, registry::NewCredential credential) {
  const registry::Enrolment& enrolment = grant.verified().enrolment();
  return {.expected_generation = grant.expected_generation(),
          .to_registered = grant.registers(),
          .enrolled_by = enrolment.name(),
          .proof_key = grant.verified().proof_key(),
          .quota = enrolment.policy.quota,
          .attributes = grant.verified().request().attributes,
          .credential = std::move(credential),
          .configured_before = {},
          .configured = {}};
}

std::expected<registry::Registration, Rejection> issue_for(const AnsweringTools& tools, const Grant& grant,
                                                           crypto::Time now) {
  if (!grant.key()) return registration_of(grant, issue_password(grant, tools.master, now));
  auto credential = issue(grant, tools.issuer, crypto::random_serial(), now);
  if (credential) return registration_of(grant, std::move(*credential));
  return std::unexpected(
      Rejection{protocol::Code::unavailable, {registry::Reason::not_issued, credential.error().what}});
}

// A device that provisions again may have lost its configuration, and an acknowledged configuration is sent
// in the answer only. If the answer has no room for it, it becomes a new version, which is sent later.
bool would_stay_without_config(const AnsweringTools& tools, const Resolved& resolved,
                               const registry::RequestFacts& facts, const protocol::Answer& head) {
  const auto& registration = std::get<registry::Registration>(resolved.resolution);
  if (!facts.device || registration.to_registered || resolved.verified->renews()) return false;
  if (facts.device->applied_config_version < resolved.effective.configured.version) return false;
  return !protocol::fits_whole(compose(tools, head, resolved, facts), resolved.verified->signer());
}

/// Issues the credential of a grant and computes the configuration.
void grant(const AnsweringTools& tools, const Grant& granted, Resolved& resolved,
           const registry::RequestFacts& facts, crypto::Time now, const protocol::Answer& head) {
  auto registration = issue_for(tools, granted, now);
  if (!registration) {
    resolved.resolution = std::move(registration.error());
    return;
  }
  resolved.effective = effective_for(*resolved.verified, facts);
  if (facts.device) registration->configured_before = facts.device->configured;
  registration->configured = resolved.effective.configured;
  auto& stored = resolved.resolution.emplace<registry::Registration>(std::move(*registration));
  if (would_stay_without_config(tools, resolved, facts, head))
    stored.configured->version = ++resolved.effective.configured.version;
}

}  // namespace

Resolved resolve(const AnsweringTools& tools, VerifiedRequest verified, const registry::RequestFacts& facts,
                 registry::Clock now, const protocol::Answer& head) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  Resolved resolved;
  resolved.verified.emplace(std::move(verified));
  Decision decision = tools.decider.decide(*resolved.verified, facts, seconds);
  if (const auto* granted = std::get_if<Grant>(&decision)) {
    grant(tools, *granted, resolved, facts, seconds, head);
  } else if (auto* repeat = std::get_if<Repeat>(&decision)) {
    resolved.effective = effective_for(*resolved.verified, facts);
    resolved.resolution = std::move(*repeat);
  } else if (auto* challenge = std::get_if<Challenge>(&decision)) {
    resolved.resolution = std::move(*challenge);
  } else if (const auto* wait = std::get_if<Wait>(&decision)) {
    resolved.resolution = *wait;
  } else {
    resolved.resolution = std::get<Rejection>(std::move(decision));
  }
  return resolved;
}

}  // namespace latchkey::service
