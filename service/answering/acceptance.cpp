#include "service/answering/acceptance.hpp"

#include "service/issuing/issue.hpp"

namespace latchkey::service {
namespace {

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
  protocol::Acceptance acceptance{.generation = given.generation,
                                  .credential = credential_of(tools, verified, given),
                                  .connection = connection_for(tools.destination, tools.topics, id,
                                                               given.type, verified.enrolment().endpoint),
                                  .config_version = effective.configured.version,
                                  .config = effective.config,
                                  .sealed = {},
                                  .sealed_without_config = {}};
  const auto& key = verified.sealing_key();
  protocol::Secrets secrets;
  if (given.type == protocol::CredentialType::password) {
    secrets.password = password_of(tools.master, given.master_key, given.salt, id, given.generation);
    if (!secrets.password || !key) return std::nullopt;
    acceptance.sealed = acceptance.sealed_without_config = seal(*key, secrets);
  }
  if (!acceptance.config || !key || verified.enrolment().policy.sealing == registry::Sealing::never)
    return acceptance;
  secrets.config = crypto::Secret(std::string_view(*acceptance.config));
  acceptance.config.reset();
  acceptance.sealed = seal(*key, secrets);
  return acceptance;
}

}  // namespace

std::string seal(const protocol::SealingKey& key, const protocol::Secrets& secrets) {
  return protocol::seal(key, protocol::write_secrets(secrets).text());
}

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

}  // namespace latchkey::service
