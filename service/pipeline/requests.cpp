#include "service/pipeline/requests.hpp"

#include "base/failpoint.hpp"
#include "service/answering/compose.hpp"
#include "service/pipeline/lock_holders.hpp"
#include "service/pipeline/request_log.hpp"
#include "service/pipeline/run_batch.hpp"
#include "service/pipeline/tracking.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

// The path of a request, from top to bottom (docs/architecture.md).
namespace latchkey::service {
namespace {

using protocol::Code;
using registry::Reason;

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

/// True for a proof that is expensive to verify, unlike a MAC or a token.
bool is_signature(const protocol::Proof& proof) {
  const auto* signature = std::get_if<protocol::SignatureProof>(&proof);
  return signature != nullptr && signature->algorithm != crypto::Algorithm::hs256;
}

std::string_view type_of(const registry::Registration& registration) {
  return registration.credential.type == protocol::CredentialType::password ? "password" : "x509";
}

protocol::Answer head_of(const RequestJob& job, registry::Clock now) {
  return answer_head(job.inbound.device_id, job.request_id(), job.tracking_id, now);
}

registry::Clock system_time() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

void RequestPipeline::run(std::vector<Inbound> batch) {
  std::vector<RequestJob> jobs =
      timed(tools_.metrics, Stage::decode, [&] { return decode(std::move(batch)); });
  std::vector<RequestJob*> open;
  open.reserve(jobs.size());
  for (RequestJob& job : jobs) {
    log_received(tools_.log, job);
    if (job.inbound.shed)
      answer_undecided(job, Code::overloaded, Reason::inbox_full);
    else if (Steady::now() - job.inbound.received > stale_after)
      answer_undecided(job, Code::overloaded, Reason::waited_too_long);
    else if (is_over_limit(job))
      answer_undecided(job, Code::rate_limited, Reason::too_many_failures);
    else
      open.push_back(&job);
  }
  const auto unanswered = run_batch(
      std::move(open), [this](Jobs part) { return step(part); },
      [this](RequestJob& job, registry::Failure why) {
        if (why == registry::Failure::locked) return answer_locked(std::array{&job});
        answer_refused(job, why == registry::Failure::too_slow ? Reason::row_too_slow : Reason::row_refused);
      });
  for (const RequestJob* job : unanswered)
    answer_undecided(*job, Code::unavailable, Reason::registry_unavailable);
}

// Load, decide, commit, answer: one statement each way.
std::expected<std::vector<RequestJob*>, registry::Error> RequestPipeline::step(Jobs jobs) {
  std::vector<registry::RequestKey> keys;
  for (const RequestJob* job : jobs)
    keys.push_back(key_of(*job));
  const auto loaded =
      timed(tools_.metrics, Stage::load, [&] { return registry::load_requests(registry_, keys); });
  if (!loaded) return std::unexpected(loaded.error());
  Batch batch = timed(tools_.metrics, Stage::decide, [&] { return decide(jobs, keys, *loaded); });
  failpoint("before_commit");
  const auto outcomes =
      timed(tools_.metrics, Stage::commit, [&] { return registry::commit_requests(registry_, batch.rows); });
  if (!outcomes) return std::unexpected(outcomes.error());
  failpoint("after_commit");
  return timed(tools_.metrics, Stage::answer, [&] { return answer(std::move(batch), *outcomes); });
}

RequestPipeline::Batch RequestPipeline::decide(Jobs jobs, std::span<const registry::RequestKey> keys,
                                               const registry::LoadedRequests& loaded) const {
  Batch batch{loaded.now, {}, {}, {}};
  batch.decided.reserve(jobs.size());
  batch.rows.reserve(jobs.size());
  std::unordered_set<std::string_view> writing;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const RequestJob& job = *jobs[i];
    const registry::RequestFacts& facts = loaded.facts[i];
    Resolved resolved = decide(job, facts, loaded.now);
    log_decided(tools_.log, job, line_of(resolved.resolution));
    // A batch writes a device only once: another request of the device is decided in the next round, by the
    // new state.
    if (resolved.writes() && !writing.insert(job.inbound.device_id.text()).second) {
      batch.again.push_back(jobs[i]);
      continue;
    }
    const bool counted = is_only_counted(job, resolved.resolution);
    batch.rows.push_back(row_of(job, keys[i], facts, resolved, counted, loaded.now));
    batch.decided.push_back({jobs[i], &facts, std::move(resolved), counted});
  }
  return batch;
}

Resolved RequestPipeline::decide(const RequestJob& job, const registry::RequestFacts& facts,
                                 registry::Clock now) const {
  const auto refused = [](Rejection why) {
    Resolved resolved;
    resolved.resolution = std::move(why);
    return resolved;
  };
  if (job.inbound.is_unfit) return refused({Code::unauthorized, Reason::id_not_carried});
  if (!job.decoded)
    return refused({Code::invalid_request, {Reason::malformed_request, job.decoded.error().message}});
  auto verified = authenticate(job, facts, std::chrono::floor<std::chrono::seconds>(now));
  failpoint("after_authenticate");
  if (!verified) return refused(std::move(verified.error()));
  return resolve(tools_.answering, std::move(*verified), facts, now, head_of(job, now));
}

std::expected<VerifiedRequest, Rejection> RequestPipeline::authenticate(const RequestJob& job,
                                                                        const registry::RequestFacts& facts,
                                                                        crypto::Time now) const {
  const protocol::DeviceId& id = job.inbound.device_id;
  const auto from = Steady::now();
  const bool over = tools_.limits.over(id, from);
  auto verified = tools_.authenticator.authenticate(*job.decoded, facts, now);
  const auto to = Steady::now();
  tools_.limits.verified(id, is_signature(job.decoded->proof), verified.has_value(), to - from, to);
  if (verified) return verified;
  // Over the limit every id gets this code, so that it reveals nothing.
  if (over) verified.error().code = Code::rate_limited;
  return verified;
}

std::vector<RequestJob*> RequestPipeline::answer(Batch batch, std::span<const registry::Outcome> outcomes) {
  std::vector<RequestJob*> locked;
  std::unordered_set<std::string_view> rate_limited;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    Decided& one = batch.decided[i];
    if (outcomes[i] == registry::Outcome::again) {
      log_raced(tools_.log, *one.job);
      batch.again.push_back(one.job);
      continue;
    }
    if (outcomes[i] == registry::Outcome::busy) {
      locked.push_back(one.job);
      continue;
    }
    if (outcomes[i] == registry::Outcome::won) one.counted = false;
    if (outcomes[i] == registry::Outcome::rate_limited)
      rate_limited.insert(one.job->inbound.device_id.text());
    if (auto refusal = refusal_of(outcomes[i], batch.rows[i])) {
      if (batch.rows[i].registration)
        one.counted = tools_.limits.floods(one.job->inbound.device_id, Steady::now());
      one.resolved.resolution = *std::move(refusal);
    }
    answer(one, batch.now);
  }
  answer_locked(locked);
  return answer_rate_limited(std::move(batch.again), rate_limited);
}

std::vector<RequestJob*> RequestPipeline::answer_rate_limited(
    std::vector<RequestJob*> jobs, const std::unordered_set<std::string_view>& device_ids) const {
  const auto refused = std::ranges::stable_partition(
      jobs, [&](const RequestJob* job) { return !device_ids.contains(job->inbound.device_id.text()); });
  for (const RequestJob* job : refused)
    answer_undecided(*job, Code::rate_limited, Reason::too_many_credentials);
  jobs.erase(refused.begin(), jobs.end());
  return jobs;
}

void RequestPipeline::answer(const Decided& decided, registry::Clock now) const {
  const RequestJob& job = *decided.job;
  const Resolution& resolution = decided.resolved.resolution;
  if (job.inbound.is_unfit) return log_answered(tools_.log, job, line_of(resolution), false, decided.counted);
  protocol::Answer answer = compose(head_of(job, now), decided.resolved);
  if (const auto* registration = std::get_if<registry::Registration>(&resolution))
    tools_.metrics.issued(type_of(*registration));
  std::optional<registry::Sent> sent;
  std::optional<registry::BrokerOpening> opening;
  if (answer.acceptance) {
    sent = registry::Sent{answer.device_id, answer.acceptance->generation};
    opening = opening_for(decided.resolved);
  }
  failpoint("before_publish");
  const bool taken = tools_.publisher.answer(job.inbound, std::move(answer), signer_of(decided.resolved),
                                             std::move(sent), std::move(opening));
  log_answered(tools_.log, job, line_of(resolution), taken, decided.counted);
  failpoint("after_publish");
}

void RequestPipeline::answer_undecided(const RequestJob& job, Code code, Reason reason) const {
  protocol::Answer answer = compose_refusal(head_of(job, system_time()), code);
  const LedgerLine line{protocol::name_of(answer.status), protocol::rule(code).name, reason};
  const bool taken = tools_.publisher.answer(job.inbound, std::move(answer), nullptr);
  log_answered(tools_.log, job, line, taken, tools_.limits.answers_too_many(Steady::now()));
}

void RequestPipeline::answer_locked(Jobs locked) {
  if (locked.empty()) return;
  log_lock_holders(registry_, tools_.log);
  for (const RequestJob* job : locked)
    answer_undecided(*job, Code::unavailable, Reason::row_locked);
}

void RequestPipeline::answer_refused(const RequestJob& job, Reason reason) {
  const LedgerLine line{"retry", protocol::rule(Code::unavailable).name, reason};
  tools_.log.error("the registry refused a row", {{"device_id", job.inbound.device_id.text()},
                                                  {"tracking_id", job.tracking_id},
                                                  {"reason", registry::row_of(reason).id}});
  registry::DecidedRequest row;
  row.attempt = attempt_of(job, line, system_time());
  row.attempt.counted = tools_.limits.floods(job.inbound.device_id, Steady::now());
  if (const auto recorded = registry::commit_requests(registry_, std::span(&row, 1)); !recorded)
    tools_.log.warning("a refused request is not recorded in the ledger",
                       {{"tracking_id", job.tracking_id}, {"reason", recorded.error().what}});
  answer_undecided(job, Code::unavailable, reason);
}

bool RequestPipeline::is_over_limit(const RequestJob& job) const {
  return job.decoded &&
         tools_.limits.defers(job.inbound.device_id, is_signature(job.decoded->proof), Steady::now());
}

bool RequestPipeline::is_only_counted(const RequestJob& job, const Resolution& resolution) const {
  const protocol::DeviceId& id = job.inbound.device_id;
  const auto now = Steady::now();
  // A grant counts as part of a flood only if the registry refuses it.
  if (std::holds_alternative<registry::Registration>(resolution)) return tools_.limits.is_flooding(id, now);
  if (std::holds_alternative<Challenge>(resolution) || std::holds_alternative<Repeat>(resolution))
    return tools_.limits.asks_often(id, now);
  return tools_.limits.floods(id, now);
}

}  // namespace latchkey::service
