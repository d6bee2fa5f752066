#include "base/failpoint.hpp"
#include "service/answering/acceptance.hpp"
#include "service/pipeline/request_job.hpp"

// From a verdict to the answer that goes out.
namespace latchkey::service {
namespace {

// Between the two an operator may decide; a device that was approved asks again within a minute.
constexpr std::int64_t approval_pause_s = 60;

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

bool is_plain(const std::optional<VerifiedRequest>& verified, const Verdict& verdict) {
  const auto* rejection = std::get_if<Rejection>(&verdict);
  return !verified || (rejection != nullptr && !protocol::rule(rejection->code).is_signed);
}

std::string_view type_of(const registry::Registration& registration) {
  return registration.credential.type == protocol::CredentialType::password ? "password" : "x509";
}

/// A password has to be known to the broker, and a device that is let in again not to be kept out any more,
/// before the device hears of its credential and connects.
std::optional<registry::BrokerOpening> opening_for(const protocol::DeviceId& id, const Verdict& verdict) {
  if (const auto* repeat = std::get_if<Repeat>(&verdict)) {
    const registry::Credential& given = repeat->credential;
    if (given.type != protocol::CredentialType::password) return std::nullopt;
    return registry::BrokerOpening{
        id, registry::PasswordLogin{id, given.generation, given.salt, given.master_key}};
  }
  const auto* registration = std::get_if<registry::Registration>(&verdict);
  if (registration == nullptr) return std::nullopt;
  const std::int64_t before = registration->expected_generation.value_or(0);
  const registry::NewCredential& made = registration->credential;
  if (made.type == protocol::CredentialType::password)
    return registry::BrokerOpening{id, registry::PasswordLogin{id, before + 1, made.salt, made.master_key}};
  if (registration->to_registered && before > 0) return registry::BrokerOpening{id, std::nullopt};
  return std::nullopt;
}

}  // namespace

protocol::Answer RequestPipeline::compose(const Judged& judged, const registry::RequestFacts& facts,
                                          registry::Clock now) const {
  protocol::Answer answer = head_of(*judged.job, now);
  const AcceptanceTools acceptance{tools_.intermediates, tools_.master, tools_.destination, tools_.topics};
  const auto accepted = [&](std::optional<protocol::Acceptance> made) {
    answer.acceptance = std::move(made);
    if (!answer.acceptance) return refuse(answer, protocol::Code::unavailable, {});
    answer.status = protocol::Status::accepted;
  };
  if (const auto* registration = std::get_if<registry::Registration>(&judged.verdict)) {
    accepted(accept(acceptance, *judged.verified, judged.effective, *registration));
  } else if (const auto* repeat = std::get_if<Repeat>(&judged.verdict)) {
    accepted(accept(acceptance, *judged.verified, facts, judged.effective, repeat->credential));
  } else if (const auto* challenge = std::get_if<Challenge>(&judged.verdict)) {
    answer.status = protocol::Status::challenge;
    answer.nonce = challenge->nonce;
  } else if (std::holds_alternative<Wait>(judged.verdict)) {
    answer.status = protocol::Status::pending;
    answer.retry_after_s = jittered(approval_pause_s, answer.status);
  } else {
    const auto& rejection = std::get<Rejection>(judged.verdict);
    // What is wrong with the shape of its own request, a device may know.
    refuse(answer, rejection.code,
           rejection.code == protocol::Code::invalid_request ? rejection.cause.detail : "");
  }
  return answer;
}

void RequestPipeline::answer(Judged& judged, const registry::RequestFacts& facts, registry::Clock now) const {
  const RequestJob& job = *judged.job;
  protocol::Answer answer = compose(judged, facts, now);
  if (const auto* registration = std::get_if<registry::Registration>(&judged.verdict))
    tools_.metrics.issued(type_of(*registration));
  std::optional<registry::Sent> sent;
  std::optional<registry::BrokerOpening> opening;
  if (answer.acceptance) {
    sent = registry::Sent{answer.device_id, answer.acceptance->generation};
    opening = opening_for(job.inbound.device_id, judged.verdict);
  }
  failpoint("before_publish");
  const bool taken =
      tools_.speaker.answer(job.inbound, std::move(answer),
                            is_plain(judged.verified, judged.verdict) ? nullptr : &judged.verified->signer(),
                            std::move(sent), std::move(opening));
  tell_answered(tools_.log, job, line_of(judged.verdict), taken, judged.counted);
  failpoint("after_publish");
}

void RequestPipeline::answer_unverified(RequestJob& job, protocol::Code code, registry::Reason reason) const {
  protocol::Answer answer =
      head_of(job, std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
  refuse(answer, code, {});
  const LedgerLine line{protocol::name_of(answer.status), protocol::rule(code).name, reason};
  const bool taken = tools_.speaker.answer(job.inbound, std::move(answer), nullptr);
  tell_answered(tools_.log, job, line, taken, tools_.limits.answers_too_many(Steady::now()));
}

}  // namespace latchkey::service
