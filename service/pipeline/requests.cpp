#include "service/pipeline/requests.hpp"

#include "base/failpoint.hpp"
#include "service/pipeline/lock_holders.hpp"
#include "service/pipeline/request_job.hpp"
#include "service/pipeline/settle.hpp"

#include <unordered_set>

namespace latchkey::service {
namespace {

using protocol::Code;
using registry::Reason;

/// What was granted or put on the list of those who wait, and the registry refused: as commit_requests has
/// written it.
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

/// What the ledger has of every request.
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

std::vector<RequestJob> decode(std::vector<Inbound> batch) {
  std::vector<RequestJob> jobs;
  jobs.reserve(batch.size());
  for (Inbound& inbound : batch) {
    failpoint("after_receive");
    auto decoded = protocol::decode_request(inbound.device_id, inbound.payload);
    const std::size_t bytes = inbound.payload.size();
    inbound.drop_payload();
    jobs.push_back({std::move(inbound), bytes, new_tracking_id(), std::move(decoded)});
  }
  failpoint("after_decode");
  return jobs;
}

registry::RequestKey key_of(const RequestJob& job) {
  registry::RequestKey key{job.inbound.device_id, {}, {}, {}, {}, {}};
  if (!job.decoded) return key;
  key.request_id = job.decoded->request.request_id;
  if (const auto* token = std::get_if<protocol::TokenProof>(&job.decoded->proof)) {
    key.token_hash = token->token_hash;
    return key;
  }
  const auto& signature = std::get<protocol::SignatureProof>(job.decoded->proof);
  key.group = signature.group;
  key.certificate = signature.current_certificate;
  // What is no certificate has no issuer, and must not be looked up by kid instead.
  if (!signature.chain.empty())
    key.ca_subject = crypto::issuer_name_digest(signature.chain.back()).value_or(crypto::Sha256Digest());
  return key;
}

}  // namespace

void RequestPipeline::run(std::vector<Inbound> batch) {
  std::vector<RequestJob> jobs =
      timed(tools_.metrics, Stage::decode, [&] { return decode(std::move(batch)); });
  std::vector<RequestJob*> open;
  open.reserve(jobs.size());
  for (RequestJob& job : jobs) {
    tell_received(tools_.log, job);
    if (job.inbound.shed)
      answer_unverified(job, Code::overloaded, Reason::inbox_full);
    else if (Steady::now() - job.inbound.received > stale_after)
      answer_unverified(job, Code::overloaded, Reason::waited_too_long);
    else if (is_over_limit(job))
      answer_unverified(job, Code::rate_limited, Reason::too_many_failures);
    else
      open.push_back(&job);
  }
  const auto unanswered = settle(
      std::move(open), [this](Jobs part) { return step(part); },
      [this](RequestJob& job, registry::Failure why) {
        if (why == registry::Failure::locked) return put_off(std::array{&job});
        give_up(job, why == registry::Failure::too_slow ? Reason::row_too_slow : Reason::row_refused);
      });
  for (RequestJob* job : unanswered)
    answer_unverified(*job, Code::unavailable, Reason::registry_unavailable);
}

void RequestPipeline::put_off(Jobs locked) {
  if (locked.empty()) return;
  tell_lock_holders(registry_, tools_.log);
  for (RequestJob* const job : locked)
    answer_unverified(*job, Code::unavailable, Reason::row_locked);
}

void RequestPipeline::give_up(RequestJob& job, registry::Reason reason) {
  const LedgerLine line{"retry", protocol::rule(Code::unavailable).name, reason};
  tools_.log.error("the registry refused a row", {{"device_id", job.inbound.device_id.text()},
                                                  {"tracking_id", job.tracking_id},
                                                  {"reason", registry::row_of(reason).id}});
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  registry::DecidedRequest row;
  row.attempt = attempt_of(job, line, now);
  row.attempt.counted = tools_.limits.floods(job.inbound.device_id, Steady::now());
  if (const auto recorded = registry_.commit_requests(std::span(&row, 1)); !recorded)
    tools_.log.warning("a refusal is in no ledger",
                       {{"tracking_id", job.tracking_id}, {"reason", recorded.error().what}});
  answer_unverified(job, Code::unavailable, reason);
}

// The way of a request, from the look-up to the hand-over (docs/architecture.md).
std::expected<std::vector<RequestJob*>, registry::Error> RequestPipeline::step(Jobs jobs) {
  std::vector<registry::RequestKey> keys;
  for (const RequestJob* job : jobs)
    keys.push_back(key_of(*job));
  const auto loaded = timed(tools_.metrics, Stage::load, [&] { return registry_.load_requests(keys); });
  if (!loaded) return std::unexpected(loaded.error());

  const auto loaded_at = Steady::now();
  std::vector<RequestJob*> again;
  std::vector<RequestJob*> locked;
  std::vector<std::pair<Judged, const registry::RequestFacts*>> judged;
  std::vector<registry::DecidedRequest> rows;
  std::unordered_set<std::string_view> writing;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Judged one = judge(*jobs[i], loaded->facts[i], loaded->now);
    tell_decided(tools_.log, *jobs[i], line_of(one.verdict));
    // A batch writes a device once: the next request of the same one is decided upon what this one leaves.
    if (one.writes() && !writing.insert(jobs[i]->inbound.device_id.text()).second) {
      again.push_back(jobs[i]);
      continue;
    }
    one.counted = is_only_counted(one);
    rows.push_back(row_of(one, keys[i], loaded->facts[i], loaded->now));
    judged.emplace_back(std::move(one), &loaded->facts[i]);
  }
  tools_.metrics.took(Stage::decide, Steady::now() - loaded_at);

  failpoint("before_commit");
  const auto outcomes = timed(tools_.metrics, Stage::commit, [&] { return registry_.commit_requests(rows); });
  if (!outcomes) return std::unexpected(outcomes.error());
  failpoint("after_commit");

  const auto committed_at = Steady::now();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& [one, facts] = judged[i];
    if ((*outcomes)[i] == registry::Outcome::again) {
      tell_raced(tools_.log, *one.job);
      again.push_back(one.job);
      continue;
    }
    if ((*outcomes)[i] == registry::Outcome::busy) {
      locked.push_back(one.job);
      continue;
    }
    if ((*outcomes)[i] == registry::Outcome::won) one.counted = false;
    if (auto refusal = refusal_of((*outcomes)[i], rows[i])) {
      if (rows[i].registration) one.counted = tools_.limits.floods(one.job->inbound.device_id, Steady::now());
      one.verdict = *std::move(refusal);
    }
    answer(one, *facts, loaded->now);
  }
  put_off(locked);
  tools_.metrics.took(Stage::answer, Steady::now() - committed_at);
  return again;
}

bool RequestPipeline::is_only_counted(const Judged& judged) const {
  const protocol::DeviceId& id = judged.job->inbound.device_id;
  const auto now = Steady::now();
  // What is granted is one of a flood only if the registry refuses it.
  if (std::holds_alternative<registry::Registration>(judged.verdict))
    return tools_.limits.is_flooding(id, now);
  if (std::holds_alternative<Challenge>(judged.verdict) || std::holds_alternative<Repeat>(judged.verdict))
    return tools_.limits.asks_often(id, now);
  return tools_.limits.floods(id, now);
}

registry::DecidedRequest RequestPipeline::row_of(const Judged& judged, const registry::RequestKey& key,
                                                 const registry::RequestFacts& facts,
                                                 registry::Clock now) const {
  const RequestJob& job = *judged.job;
  const LedgerLine line = line_of(judged.verdict);
  registry::DecidedRequest row;
  row.attempt = attempt_of(job, line, now);
  row.attempt.group = facts.enrolment ? facts.enrolment->group : key.group;
  row.attempt.counted = judged.counted;
  // What is only counted is counted for groups that exist: anybody can make names up.
  if (row.attempt.counted && !facts.enrolment) row.attempt.group.reset();
  if (const auto* registration = std::get_if<registry::Registration>(&judged.verdict))
    row.registration = *registration;
  if (const auto* repeat = std::get_if<Repeat>(&judged.verdict))
    row.repeated_generation = repeat->credential.generation;
  if (const auto* wait = std::get_if<Wait>(&judged.verdict))
    row.waiting = registry::Waiting{
        .expected_generation = facts.device ? std::optional(facts.device->generation) : std::nullopt,
        .digest = wait->digest,
        .attributes = judged.verified->request().attributes,
        .quota = facts.enrolment->policy.quota,
        .request_id = judged.verified->request().request_id,
        .signed_by = judged.verified->signed_by(),
        .answer_key = judged.verified->answer_key()};
  return row;
}

}  // namespace latchkey::service
