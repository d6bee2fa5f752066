#include "base/failpoint.hpp"
#include "service/answering/acceptance.hpp"
#include "service/issuing/issue.hpp"
#include "service/pipeline/request_job.hpp"

// From a request and what is known of it to a verdict.
namespace latchkey::service {
namespace {

bool is_signature(const protocol::Proof& proof) {
  const auto* signature = std::get_if<protocol::SignatureProof>(&proof);
  return signature != nullptr && signature->algorithm != crypto::Algorithm::hs256;
}

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

}  // namespace

LedgerLine line_of(const Verdict& verdict) {
  if (std::holds_alternative<registry::Registration>(verdict)) return {"accepted", {}, {}};
  if (std::holds_alternative<Repeat>(verdict)) return {"repeated", {}, registry::Reason::same_request};
  if (std::holds_alternative<Challenge>(verdict)) return {"challenge", {}, registry::Reason::not_fresh};
  if (std::holds_alternative<Wait>(verdict)) return {"pending", {}, registry::Reason::waits_for_approval};
  const auto& rejection = std::get<Rejection>(verdict);
  const protocol::CodeRule& rule = protocol::rule(rejection.code);
  return {protocol::name_of(rule.status), rule.name, rejection.cause};
}

bool RequestPipeline::is_over_limit(const RequestJob& job) const {
  if (!job.decoded || !is_signature(job.decoded->proof)) return false;
  const auto now = Steady::now();
  return tools_.limits.over(job.inbound.device_id, now) && !tools_.limits.may_verify(now);
}

std::expected<VerifiedRequest, Rejection> RequestPipeline::authenticate(const RequestJob& job,
                                                                        const registry::RequestFacts& facts,
                                                                        crypto::Time now) const {
  const protocol::DeviceId& id = job.inbound.device_id;
  const auto from = Steady::now();
  const bool over = tools_.limits.over(id, from);
  auto verified = tools_.authenticator.authenticate(*job.decoded, facts, now);
  const auto to = Steady::now();
  if (over && is_signature(job.decoded->proof)) tools_.limits.spent(to - from, to);
  if (verified) return verified;
  tools_.limits.charge(id, to);
  // Beyond the limit the code is another one, whoever the id is.
  if (over) verified.error().code = protocol::Code::rate_limited;
  return verified;
}

RequestPipeline::Judged RequestPipeline::judge(RequestJob& job, const registry::RequestFacts& facts,
                                               registry::Clock now) const {
  Judged judged{&job, {}, {}};
  if (!job.decoded) {
    judged.verdict = Rejection{protocol::Code::invalid_request,
                               {registry::Reason::malformed_request, job.decoded.error().message}};
    return judged;
  }
  auto verified = authenticate(job, facts, std::chrono::floor<std::chrono::seconds>(now));
  failpoint("after_authenticate");
  if (!verified) {
    judged.verdict = std::move(verified.error());
    return judged;
  }
  judged.verified.emplace(std::move(*verified));
  judge_verified(judged, facts, now);
  return judged;
}

// Who comes back by the proof of its enrolment may have lost what it acknowledged, and a configuration that
// is acknowledged is told in the answer only. Where that has no room for it, it becomes a new version.
bool RequestPipeline::would_stay_without_config(const Judged& judged, const registry::RequestFacts& facts,
                                                registry::Clock now) const {
  const auto& registration = std::get<registry::Registration>(judged.verdict);
  if (!facts.device || registration.to_registered || judged.verified->renews()) return false;
  if (facts.device->applied_config_version < judged.effective.configured.version) return false;
  return !protocol::fits_whole(compose(judged, facts, now), judged.verified->signer());
}

void RequestPipeline::judge_verified(Judged& judged, const registry::RequestFacts& facts,
                                     registry::Clock now) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  Decision decision = tools_.decider.decide(*judged.verified, facts, seconds);
  if (const auto* grant = std::get_if<Grant>(&decision)) {
    auto registration = carry_out(*grant, *judged.job, seconds);
    if (!registration) {
      judged.verdict = std::move(registration.error());
      return;
    }
    judged.effective = work_out(*judged.verified, facts);
    if (facts.device) registration->configured_before = facts.device->configured;
    registration->configured = judged.effective.configured;
    judged.verdict = std::move(*registration);
    if (would_stay_without_config(judged, facts, now))
      std::get<registry::Registration>(judged.verdict).configured->version =
          ++judged.effective.configured.version;
  } else if (auto* repeat = std::get_if<Repeat>(&decision)) {
    judged.effective = work_out(*judged.verified, facts);
    judged.verdict = std::move(*repeat);
  } else if (auto* challenge = std::get_if<Challenge>(&decision))
    judged.verdict = std::move(*challenge);
  else if (auto* wait = std::get_if<Wait>(&decision))
    judged.verdict = *wait;
  else
    judged.verdict = std::get<Rejection>(std::move(decision));
}

std::expected<registry::Registration, Rejection> RequestPipeline::carry_out(const Grant& grant,
                                                                            const RequestJob& job,
                                                                            crypto::Time now) const {
  if (!grant.key()) return registration_of(grant, issue_password(grant, tools_.master, now));
  auto credential = issue(grant, tools_.issuer, crypto::random_serial(), now);
  if (credential) return registration_of(grant, std::move(*credential));
  tools_.log.error("no certificate could be issued", {{"tracking_id", job.tracking_id},
                                                      {"device_id", job.inbound.device_id.text()},
                                                      {"error", credential.error().what}});
  return std::unexpected(
      Rejection{protocol::Code::unavailable, {registry::Reason::not_issued, credential.error().what}});
}

}  // namespace latchkey::service
