#include "service/enrolment/explain.hpp"

#include "service/enrolment/policy.hpp"
#include "service/identity/authenticate.hpp"

namespace latchkey::service {
namespace {

using Checks = std::vector<ExplainedCheck>;
using registry::Cause;
using registry::Enrolment;
using registry::Origin;
using registry::ProofKind;
using registry::Reason;

Asked asked_of(const registry::ExplainedFacts& known, bool gives_passwords) {
  using protocol::CredentialType;
  const Enrolment& enrolment = *known.facts.enrolment;
  const auto wanted = enrolment.policy.allows_x509 ? CredentialType::x509 : CredentialType::password;
  return {.credential = wanted,
          .by_token = enrolment.proof == ProofKind::token,
          .renews = renews_password(wanted, known.facts, std::chrono::floor<std::chrono::seconds>(known.now)),
          .can_open = true,
          .gives_passwords = gives_passwords};
}

ExplainedCheck passed(std::string_view name, std::string found = {}) {
  return {.name = std::string(name), .passes = true, .detail = std::move(found), .reason = {}, .remedy = {}};
}
ExplainedCheck refused(std::string_view name, const Cause& cause) {
  return {.name = std::string(name),
          .passes = false,
          .detail = cause.text(),
          .reason = cause.reason,
          .remedy = std::string(registry::row_of(cause.reason).advice)};
}

ExplainedCheck enrolment_found(const Enrolment& enrolment) {
  const std::string group = enrolment.group.value_or("");
  const std::string proof = "proof " + std::string(name_of(enrolment.proof));
  if (enrolment.origin == Origin::group) return passed("enrolment", "group " + group + ", " + proof);
  return passed("enrolment",
                "its own, " + proof + (group.empty() ? "" : ", with the policy of group " + group));
}

ExplainedCheck check_enabled(const Enrolment& enrolment) {
  return enrolment.enabled ? passed("enabled") : refused("enabled", why_disabled(enrolment));
}

ExplainedCheck check_owner(const registry::RequestFacts& facts) {
  constexpr std::string_view name = "registered by it";
  if (const auto other = registered_elsewhere(facts.device, *facts.enrolment))
    return refused(name, {Reason::registered_by_another_enrolment, *other});
  if (!facts.device || facts.device->enrolled_by.empty()) return passed(name, "not registered");
  return passed(name, facts.device->proof_key ? "only the key that registered it is accepted" : "");
}

/// Refuses nobody: it says why a configuration may lack them.
ExplainedCheck token_attributes(const registry::Policy& policy) {
  return passed("attributes", policy.trusts_token_attributes ? "trusted: they fill configurations"
                                                             : "reported: they fill no configuration");
}

void add_all(Checks& checks, std::span<const PolicyCheck> rules, const Asked& asked,
             const registry::RequestFacts& facts) {
  for (const PolicyCheck& rule : rules) {
    const auto rejection = rule.check(asked, facts);
    checks.push_back(rejection ? refused(rule.name, rejection->cause) : passed(rule.name));
  }
}

ExplainedCheck check_approval(const std::optional<registry::Device>& device) {
  constexpr std::string_view name = "approval";
  if (device && device->approved) return passed(name, "for the approved request only");
  if (device && device->waiting) return refused(name, Reason::waits_for_approval);
  if (device && device->rejected) return refused(name, Reason::rejected_by_operator);
  return refused(name, {Reason::waits_for_approval, "it has not sent a request yet"});
}

ExplainedCheck check_quota(const registry::QuotaLevel& quota) {
  const std::string level = std::to_string(quota.used) + " of " + std::to_string(quota.max);
  if (quota.is_counted) return passed("quota", level + ", this device among them");
  return quota.used < quota.max ? passed("quota", level) : refused("quota", {Reason::quota_used_up, level});
}

std::string filled_in(std::string text, std::string_view word, std::string_view value) {
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += value.size())
    text.replace(at, word.size(), value);
  return text;
}

Checks checks_of(const registry::ExplainedFacts& known, bool gives_passwords) {
  const registry::RequestFacts& facts = known.facts;
  if (!facts.enrolment)
    return {
        refused("enrolment",
                {Reason::no_enrolment,
                 "the device has none of its own; name its group by --group, or its token by --token-file"})};
  const Enrolment& enrolment = *facts.enrolment;
  Checks checks{enrolment_found(enrolment), check_enabled(enrolment), check_owner(facts)};
  const Asked asked = asked_of(known, gives_passwords);
  if (asked.by_token) checks.push_back(token_attributes(enrolment.policy));
  add_all(checks, checks_for_all(), asked, facts);
  if (asked.credential == protocol::CredentialType::password)
    add_all(checks, checks_for_passwords(), asked, facts);
  const bool newcomer = registers(facts.device);
  add_all(checks, newcomer ? checks_for_newcomers() : checks_for_registered(), asked, facts);
  if (!newcomer) return checks;
  if (enrolment.policy.admitted == registry::Admitted::approved)
    checks.push_back(check_approval(facts.device));
  if (known.quota) checks.push_back(check_quota(*known.quota));
  return checks;
}

}  // namespace

std::vector<ExplainedCheck> explain(const protocol::DeviceId& id, const registry::ExplainedFacts& known,
                                    bool gives_passwords) {
  Checks checks = checks_of(known, gives_passwords);
  // Refuses nobody: it says what the device could do once it is ready.
  if (const auto& enrolment = known.facts.enrolment; enrolment && !enrolment->rights.value_or("").empty())
    checks.push_back(passed("rights", filled_in(*enrolment->rights, "${device_id}", id.text())));
  for (ExplainedCheck& check : checks) {
    check.remedy = filled_in(std::move(check.remedy), "{group}",
                             known.facts.enrolment ? known.facts.enrolment->group.value_or("") : "");
    check.remedy = filled_in(std::move(check.remedy), "{id}", id.text());
  }
  return checks;
}

}  // namespace latchkey::service
