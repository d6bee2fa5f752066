#include "service/pipeline/request_rows.hpp"

#include "service/pipeline/tracking.hpp"

namespace latchkey::service {

using protocol::Code;
using registry::Reason;

registry::RequestKey key_of(const RequestJob& job) {
  registry::RequestKey key{job.inbound.device_id, {}, {}, {}, {}, {}, {}};
  if (!job.decoded) return key;
  key.request_id = job.decoded->request.request_id;
  if (const auto* token = std::get_if<protocol::TokenProof>(&job.decoded->proof)) {
    key.token_hash = token->token_hash;
    return key;
  }
  const auto& signature = std::get<protocol::SignatureProof>(job.decoded->proof);
  key.group = signature.kid;
  key.certificate = signature.current_certificate;
  // A chain that does not parse has no issuer. It must not be looked up by kid instead.
  const auto& chain = signature.chain;
  if (!chain.empty())
    key.ca_subject = crypto::issuer_name_digest(chain.back()).value_or(crypto::Sha256Digest());
  if (chain.size() > 1) key.last_subject = crypto::subject_name_digest(chain.back());
  return key;
}

LedgerLine line_of(const Resolution& resolution) {
  if (std::holds_alternative<registry::Registration>(resolution)) return {"accepted", {}, {}};
  if (std::holds_alternative<Repeat>(resolution)) return {"repeated", {}, Reason::same_request};
  if (std::holds_alternative<Challenge>(resolution)) return {"challenge", {}, Reason::not_fresh};
  if (std::holds_alternative<Wait>(resolution)) return {"pending", {}, Reason::waits_for_approval};
  const auto& rejection = std::get<Rejection>(resolution);
  const protocol::CodeRule& rule = protocol::rule(rejection.code);
  return {protocol::name_of(rule.status), rule.name, rejection.cause};
}

registry::Attempt attempt_of(const RequestJob& job, const LedgerLine& line, registry::Clock now) {
  registry::Attempt attempt;
  attempt.tracking_id = job.tracking_id;
  attempt.device_id = job.inbound.device_id.text();
  attempt.received_at = received_at(job.inbound.received, now);
  attempt.decision = line.decision;
  attempt.code = line.code;
  attempt.cause = line.cause;
  return attempt;
}

registry::DecidedRequest row_of(const RequestJob& job, const registry::RequestKey& key,
                                const registry::RequestFacts& facts, const Resolved& resolved, bool counted,
                                registry::Clock now) {
  registry::DecidedRequest row;
  row.attempt = attempt_of(job, line_of(resolved.resolution), now);
  row.attempt.group = facts.enrolment ? facts.enrolment->group : key.group;
  row.attempt.counted = counted;
  // Count floods only for existing groups: anybody can invent names.
  if (counted && !facts.enrolment) row.attempt.group.reset();
  if (const auto* registration = std::get_if<registry::Registration>(&resolved.resolution))
    row.registration = *registration;
  if (const auto* repeat = std::get_if<Repeat>(&resolved.resolution))
    row.repeated_generation = repeat->credential.generation;
  if (resolved.acceptance) {
    row.max_message_bytes = resolved.verified->request().max_message_bytes;
    row.without_ca = resolved.without_ca;
  }
  if (const auto* wait = std::get_if<Wait>(&resolved.resolution))
    row.waiting = registry::Waiting{
        .expected_generation = facts.device ? std::optional(facts.device->generation) : std::nullopt,
        .digest = wait->digest,
        .attributes = resolved.verified->request().attributes,
        .quota = facts.enrolment->policy.quota,
        .request_id = resolved.verified->request().request_id,
        .signed_by = resolved.verified->signed_by(),
        .answer_key = resolved.verified->answer_key()};
  return row;
}

std::optional<Rejection> refusal_of(registry::Outcome outcome, const registry::DecidedRequest& row) {
  switch (outcome) {
    case registry::Outcome::quota_exceeded:
      return Rejection{Code::quota_exceeded, {Reason::quota_used_up, row.registration->quota.value_or("")}};
    case registry::Outcome::rate_limited:
      return Rejection{Code::rate_limited, Reason::too_many_credentials};
    case registry::Outcome::too_many_wait:
      return Rejection{Code::quota_exceeded, Reason::too_many_wait};
    case registry::Outcome::won:
    case registry::Outcome::noted:
    case registry::Outcome::again:
    case registry::Outcome::late:
    case registry::Outcome::busy:
      break;
  }
  return std::nullopt;
}

}  // namespace latchkey::service
