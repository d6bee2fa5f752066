#include "service/pipeline/requests.hpp"

#include "protocol/limits.hpp"
#include "registry/registry.hpp"
#include "service/failpoint.hpp"
#include "service/issuing/issue.hpp"
#include "service/pipeline/acceptance.hpp"
#include "service/pipeline/settle.hpp"
#include "service/pipeline/tracking.hpp"

namespace latchkey::service {

struct RequestJob {
  Inbound inbound;
  std::string tracking_id;
  std::expected<protocol::ReceivedRequest, protocol::InvalidRequest> decoded;
};

using Verdict = std::variant<registry::Registration, Repeat, Challenge, Rejection>;

struct RequestPipeline::Judged {
  RequestJob* job;
  std::optional<VerifiedRequest> verified;
  Verdict verdict = Rejection{protocol::Code::unavailable, "not judged"};
};

namespace {

// A device repeats within seconds; what waited longer than this has been asked again, and only adds to the
// load.
constexpr std::chrono::seconds stale_after{10};

std::vector<RequestJob> decode(std::vector<Inbound> batch) {
  std::vector<RequestJob> jobs;
  jobs.reserve(batch.size());
  for (Inbound& inbound : batch) {
    failpoint("after_receive");
    auto decoded = protocol::decode_request(inbound.device_id, inbound.payload);
    jobs.push_back({std::move(inbound), new_tracking_id(), std::move(decoded)});
  }
  failpoint("after_decode");
  return jobs;
}

registry::RequestKey key_of(const RequestJob& job) {
  registry::RequestKey key{job.inbound.device_id, {}, {}, {}};
  if (!job.decoded) return key;
  key.request_id = job.decoded->request.request_id;
  if (const auto* token = std::get_if<protocol::TokenProof>(&job.decoded->proof))
    key.token_hash = token->token_hash;
  else
    key.group = std::get<protocol::SignatureProof>(job.decoded->proof).group;
  return key;
}

struct Line {
  std::string_view decision;
  std::string_view code;
  std::string reason;
};

Line line_of(const Verdict& verdict) {
  if (std::holds_alternative<registry::Registration>(verdict)) return {"accepted", {}, {}};
  if (std::holds_alternative<Repeat>(verdict)) return {"repeated", {}, "the same request again"};
  if (std::holds_alternative<Challenge>(verdict))
    return {"challenge", {}, "no issued_at within bounds and no valid nonce"};
  const auto& rejection = std::get<Rejection>(verdict);
  const protocol::CodeRule& rule = protocol::rule(rejection.code);
  return {protocol::name_of(rule.status), rule.name, rejection.reason};
}

std::optional<std::string> request_id_of(const RequestJob& job) {
  if (!job.decoded) return job.decoded.error().request_id;
  return job.decoded->request.request_id;
}

protocol::Answer head_of(const RequestJob& job, registry::Clock now) {
  protocol::Answer answer;
  answer.request_id = request_id_of(job);
  answer.device_id = job.inbound.device_id.text();
  answer.tracking_id = job.tracking_id;
  answer.server_time = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return answer;
}

void refuse(protocol::Answer& answer, protocol::Code code, std::string_view message) {
  const protocol::CodeRule& rule = protocol::rule(code);
  answer.status = rule.status;
  answer.code = rule.name;
  answer.message = message.empty() ? rule.message : message;
  if (rule.retry_after_s) answer.retry_after_s = jittered(*rule.retry_after_s, rule.status);
}

registry::Registration registration_of(const Grant& grant, registry::NewCredential credential) {
  const registry::Enrolment& enrolment = grant.verified().enrolment();
  return {.expected_generation = grant.expected_generation(),
          .to_registered = grant.registers(),
          .enrolled_by = enrolment.name(),
          .quota = enrolment.policy.quota,
          .attributes = grant.verified().request().attributes,
          .credential = std::move(credential)};
}

}  // namespace

void RequestPipeline::run(std::vector<Inbound> batch) {
  std::vector<RequestJob> jobs =
      timed(tools_.metrics, Stage::decode, [&] { return decode(std::move(batch)); });
  std::vector<RequestJob*> open;
  open.reserve(jobs.size());
  for (RequestJob& job : jobs) {
    if (job.inbound.shed || Steady::now() - job.inbound.received > stale_after)
      answer_unverified(job, protocol::Code::overloaded);
    else
      open.push_back(&job);
  }
  const auto unanswered = settle(
      std::move(open), [this](Jobs part) { return step(part); },
      [this](RequestJob& job) {
        tools_.log.error("the registry refused a row",
                         {{"device_id", job.inbound.device_id.text()}, {"tracking_id", job.tracking_id}});
        answer_unverified(job, protocol::Code::unavailable);
      });
  for (RequestJob* job : unanswered)
    answer_unverified(*job, protocol::Code::unavailable);
}

// The way of a request, from the look-up to the hand-over (docs/architecture.md).
std::expected<std::vector<RequestJob*>, registry::Error> RequestPipeline::step(Jobs jobs) {
  std::vector<registry::RequestKey> keys;
  for (const RequestJob* job : jobs)
    keys.push_back(key_of(*job));
  const auto loaded = timed(tools_.metrics, Stage::load, [&] { return registry_.load_requests(keys); });
  if (!loaded) return std::unexpected(loaded.error());

  const auto loaded_at = Steady::now();
  std::vector<Judged> judged;
  std::vector<registry::DecidedRequest> rows;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    judged.push_back(judge(*jobs[i], loaded->facts[i], loaded->now));
    rows.push_back(row_of(judged[i], loaded->facts[i], loaded->now));
  }

  tools_.metrics.took(Stage::decide, Steady::now() - loaded_at);
  failpoint("before_commit");
  const auto outcomes = timed(tools_.metrics, Stage::commit, [&] { return registry_.commit_requests(rows); });
  if (!outcomes) return std::unexpected(outcomes.error());
  failpoint("after_commit");

  const auto committed_at = Steady::now();
  std::vector<RequestJob*> again;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if ((*outcomes)[i] == registry::Outcome::again) {
      again.push_back(jobs[i]);
      continue;
    }
    if ((*outcomes)[i] == registry::Outcome::quota_exceeded)
      judged[i].verdict = Rejection{protocol::Code::quota_exceeded, "the group's quota is used up"};
    answer(judged[i], loaded->facts[i], loaded->now);
  }
  tools_.metrics.took(Stage::answer, Steady::now() - committed_at);
  return again;
}

registry::DecidedRequest RequestPipeline::row_of(const Judged& judged, const registry::RequestFacts& facts,
                                                 registry::Clock now) {
  const RequestJob& job = *judged.job;
  const Line line = line_of(judged.verdict);
  registry::DecidedRequest row;
  row.attempt = {.tracking_id = job.tracking_id,
                 .device_id = job.inbound.device_id.text(),
                 .received_at = received_at(job.inbound.received, now),
                 .decision = line.decision,
                 .code = line.code,
                 .reason = line.reason,
                 .group = facts.enrolment ? facts.enrolment->group : key_of(job).group};
  if (const auto* registration = std::get_if<registry::Registration>(&judged.verdict))
    row.registration = *registration;
  if (const auto* repeat = std::get_if<Repeat>(&judged.verdict))
    row.repeated_generation = repeat->credential.generation;
  return row;
}

RequestPipeline::Judged RequestPipeline::judge(RequestJob& job, const registry::RequestFacts& facts,
                                               registry::Clock now) const {
  Judged judged{&job, {}};
  if (!job.decoded) {
    judged.verdict = Rejection{protocol::Code::invalid_request, job.decoded.error().message};
    return judged;
  }
  auto verified = tools_.authenticator.authenticate(*job.decoded, facts);
  failpoint("after_authenticate");
  if (!verified) {
    judged.verdict = std::move(verified.error());
    return judged;
  }
  judged.verified.emplace(std::move(*verified));
  judge_verified(judged, facts, now);
  return judged;
}

void RequestPipeline::judge_verified(Judged& judged, const registry::RequestFacts& facts,
                                     registry::Clock now) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  Decision decision = tools_.decider.decide(*judged.verified, facts, seconds);
  if (const auto* grant = std::get_if<Grant>(&decision)) {
    auto credential = issue(*grant, tools_.issuer, crypto::random_serial(), seconds);
    if (credential) {
      judged.verdict = registration_of(*grant, std::move(*credential));
    } else {
      tools_.log.error("no certificate could be issued", {{"tracking_id", judged.job->tracking_id},
                                                          {"device_id", judged.job->inbound.device_id.text()},
                                                          {"error", credential.error().what}});
      judged.verdict = Rejection{protocol::Code::unavailable, "issuing: " + credential.error().what};
    }
  } else if (auto* repeat = std::get_if<Repeat>(&decision)) {
    judged.verdict = std::move(*repeat);
  } else if (auto* challenge = std::get_if<Challenge>(&decision)) {
    judged.verdict = std::move(*challenge);
  } else {
    judged.verdict = std::get<Rejection>(std::move(decision));
  }
}

protocol::Answer RequestPipeline::compose(const Judged& judged, const registry::RequestFacts& facts,
                                          registry::Clock now) const {
  protocol::Answer answer = head_of(*judged.job, now);
  const AcceptanceTools acceptance{tools_.intermediates, tools_.speaker, tools_.log};
  if (const auto* registration = std::get_if<registry::Registration>(&judged.verdict)) {
    answer.status = protocol::Status::accepted;
    answer.acceptance = accept(acceptance, *judged.verified, facts, *registration);
  } else if (const auto* repeat = std::get_if<Repeat>(&judged.verdict)) {
    answer.status = protocol::Status::accepted;
    answer.acceptance = accept(acceptance, *judged.verified, facts, repeat->credential);
  } else if (const auto* challenge = std::get_if<Challenge>(&judged.verdict)) {
    answer.status = protocol::Status::challenge;
    answer.nonce = challenge->nonce;
  } else {
    const auto& rejection = std::get<Rejection>(judged.verdict);
    refuse(answer, rejection.code, rejection.code == protocol::Code::invalid_request ? rejection.reason : "");
  }
  return answer;
}

void RequestPipeline::answer(Judged& judged, const registry::RequestFacts& facts, registry::Clock now) const {
  const RequestJob& job = *judged.job;
  protocol::Answer answer = compose(judged, facts, now);
  const Line line = line_of(judged.verdict);
  tools_.log.debug("answered", {{"tracking_id", job.tracking_id},
                                {"device_id", job.inbound.device_id.text()},
                                {"decision", line.decision},
                                {"code", line.code}});
  const auto* rejection = std::get_if<Rejection>(&judged.verdict);
  const bool plain = !judged.verified || (rejection != nullptr && !protocol::rule(rejection->code).is_signed);
  std::optional<registry::Sent> sent;
  if (std::holds_alternative<registry::Registration>(judged.verdict)) tools_.metrics.issued("x509");
  if (answer.acceptance) sent = registry::Sent{answer.device_id, answer.acceptance->generation};
  failpoint("before_publish");
  tools_.speaker.answer(job.inbound, std::move(answer), plain ? nullptr : &judged.verified->signer(),
                        std::move(sent));
  failpoint("after_publish");
}

void RequestPipeline::answer_unverified(RequestJob& job, protocol::Code code) const {
  protocol::Answer answer =
      head_of(job, std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
  refuse(answer, code, {});
  tools_.speaker.answer(job.inbound, std::move(answer), nullptr);
}

}  // namespace latchkey::service
