#include "service/answering/compose.hpp"

#include "protocol/sealed.hpp"
#include "service/issuing/issue.hpp"

#include <array>
#include <utility>

namespace latchkey::service {
namespace {

// The retry interval of a request that waits for an operator: an approved device repeats it within a minute.
constexpr std::int64_t approval_pause_s = 60;

/// A device may know what is wrong with the format of its request or CSR, and how large its answer is;
/// otherwise it gets the code's message.
std::string message_of(const Rejection& rejection) {
  const std::string& detail = rejection.cause.detail;
  if (rejection.code == protocol::Code::invalid_request) return detail;
  if (rejection.code == protocol::Code::answer_too_large) return "The answer " + detail + ".";
  const bool is_of_csr =
      rejection.code == protocol::Code::invalid_csr || rejection.code == protocol::Code::weak_key;
  return is_of_csr && !detail.empty() ? "CSR: " + detail : std::string();
}

/// The data of a credential for an answer, new or repeated.
struct Given {
  std::int64_t generation;
  protocol::CredentialType type;
  const crypto::Bytes& certificate;
  const crypto::Bytes& salt;
  const registry::KeyId& master_key;
  registry::Clock not_before;
  registry::Clock not_after;
};

std::variant<protocol::CertificateCredential, protocol::PasswordCredential> credential_of(
    const AnsweringTools& tools, const VerifiedRequest& verified, const Given& given) {
  if (given.type == protocol::CredentialType::password) {
    protocol::PasswordCredential password{username_of(verified.request().device_id, given.generation), {}};
    if (!verified.by_token())
      password.renew_after = renew_after(given.not_before, given.not_after, given.salt);
    return password;
  }
  protocol::CertificateCredential credential{
      {given.certificate}, renew_after(given.not_before, given.not_after, given.certificate)};
  credential.chain.insert(credential.chain.end(), tools.intermediates.begin(), tools.intermediates.end());
  return credential;
}

std::optional<protocol::Acceptance> acceptance_of(const AnsweringTools& tools,
                                                  const VerifiedRequest& verified, const Effective& effective,
                                                  const Given& given) {
  const protocol::DeviceId& id = verified.request().device_id;
  protocol::Acceptance acceptance{
      .generation = given.generation,
      .credential = credential_of(tools, verified, given),
      .connection = connection_for(tools.destination, tools.topics, id, given.type,
                                   verified.enrolment().endpoint, verified.enrolment().rights.value_or("")),
      .config_version = effective.configured.version,
      .config = effective.config,
      .sealed = {},
      .sealed_without_config = {}};
  const auto& key = verified.sealing_key();
  const bool has_password = given.type == protocol::CredentialType::password;
  const bool seals_config =
      acceptance.config && key && verified.enrolment().policy.sealing != registry::Sealing::never;
  if (!has_password && !seals_config) return acceptance;
  if (!key) return std::nullopt;
  const protocol::Sealer sealer(*key);
  protocol::Secrets secrets;
  if (has_password) {
    secrets.password = password_of(tools.master, given.master_key, given.salt, id, given.generation);
    if (!secrets.password) return std::nullopt;
    acceptance.sealed = acceptance.sealed_without_config = sealer.seal(write_secrets(secrets).text());
  }
  if (!seals_config) return acceptance;
  secrets.config = crypto::Secret(std::string_view(*acceptance.config));
  acceptance.config.reset();
  acceptance.sealed = sealer.seal(write_secrets(secrets).text());
  return acceptance;
}

}  // namespace

std::optional<protocol::Acceptance> accept(const AnsweringTools& tools, const Resolved& resolved,
                                           const registry::RequestFacts& facts) {
  if (const auto* registration = std::get_if<registry::Registration>(&resolved.resolution)) {
    const registry::NewCredential& made = registration->credential;
    return acceptance_of(tools, *resolved.verified, resolved.effective,
                         {registration->expected_generation.value_or(0) + 1, made.type, made.certificate,
                          made.salt, made.master_key, made.not_before, made.not_after});
  }
  const registry::Credential& repeated = std::get<Repeat>(resolved.resolution).credential;
  const registry::Configured& stored = facts.device->configured;
  const bool is_stored = resolved.effective.configured == stored;
  return acceptance_of(tools, *resolved.verified,
                       is_stored ? resolved.effective : Effective{stored, std::nullopt},
                       {repeated.generation, repeated.type, repeated.certificate, repeated.salt,
                        repeated.master_key, repeated.not_before, repeated.not_after});
}

protocol::Answer answer_head(const protocol::DeviceId& id, std::optional<std::string> request_id,
                             std::string tracking_id, registry::Clock now) {
  protocol::Answer answer;
  answer.request_id = std::move(request_id);
  answer.device_id = id.text();
  answer.tracking_id = std::move(tracking_id);
  answer.server_time = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return answer;
}

protocol::Answer compose(protocol::Answer head, const Resolved& resolved) {
  if (const auto* rejection = std::get_if<Rejection>(&resolved.resolution)) {
    return compose_refusal(std::move(head), rejection->code, message_of(*rejection));
  }
  if (const auto* challenge = std::get_if<Challenge>(&resolved.resolution)) {
    head.status = protocol::Status::challenge;
    head.nonce = challenge->nonce;
    return head;
  }
  if (std::holds_alternative<Wait>(resolved.resolution)) {
    head.status = protocol::Status::pending;
    head.retry_after_s = jittered(approval_pause_s, head.status);
    return head;
  }
  head.acceptance = resolved.acceptance;
  if (!head.acceptance) return compose_refusal(std::move(head), protocol::Code::unavailable);
  head.status = protocol::Status::accepted;
  return head;
}

protocol::Answer compose_refusal(protocol::Answer head, protocol::Code code, std::string_view message) {
  const protocol::CodeRule& rule = protocol::rule(code);
  head.status = rule.status;
  head.code = rule.name;
  head.message = message.empty() ? rule.message : message;
  if (rule.retry_after_s) head.retry_after_s = jittered(*rule.retry_after_s, rule.status);
  return head;
}

const protocol::Signer* signer_of(const Resolved& resolved) {
  if (!resolved.verified) return nullptr;
  const auto* rejection = std::get_if<Rejection>(&resolved.resolution);
  const bool plain = rejection != nullptr && !protocol::rule(rejection->code).is_signed;
  return plain ? nullptr : &resolved.verified->signer();
}

std::optional<registry::BrokerOpening> opening_for(const Resolved& resolved) {
  const protocol::DeviceId& id = resolved.verified->request().device_id;
  const std::string rights = resolved.verified->enrolment().rights.value_or("");
  if (const auto* repeat = std::get_if<Repeat>(&resolved.resolution)) {
    const registry::Credential& given = repeat->credential;
    if (given.type != protocol::CredentialType::password) return std::nullopt;
    return registry::BrokerOpening{
        id, registry::PasswordLogin{id, given.generation, given.salt, given.master_key, rights}};
  }
  const auto* registration = std::get_if<registry::Registration>(&resolved.resolution);
  if (registration == nullptr) return std::nullopt;
  const std::int64_t before = registration->expected_generation.value_or(0);
  const registry::NewCredential& made = registration->credential;
  if (made.type == protocol::CredentialType::password)
    return registry::BrokerOpening{
        id, registry::PasswordLogin{id, before + 1, made.salt, made.master_key, rights}};
  if (registration->to_registered && before > 0) return registry::BrokerOpening{id, std::nullopt};
  return std::nullopt;
}

std::int64_t jittered(std::int64_t seconds, protocol::Status status) {
  std::array<std::uint8_t, 2> noise{};
  crypto::fill_random(noise);
  const std::int64_t spread = status == protocol::Status::retry ? seconds : -(seconds / 10);
  return seconds + spread * (noise[0] * 256 + noise[1]) / 65535;
}

}  // namespace latchkey::service
