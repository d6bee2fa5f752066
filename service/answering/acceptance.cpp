#include "service/answering/acceptance.hpp"

#include "service/issuing/issue.hpp"

#include <utility>

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
  const auto sealed = [&](const protocol::Secrets& secrets) {
    return seal_for(verified.request().encryption_key, verified.sealing_key(), secrets);
  };
  protocol::Secrets secrets;
  if (given.type == protocol::CredentialType::password) {
    secrets.password = password_of(tools.master, given.master_key, given.salt, id, given.generation);
    if (!secrets.password) return std::nullopt;
    acceptance.sealed = sealed(secrets);
  }
  if (!verified.enrolment().policy.seals_config) return acceptance;
  const auto config = std::exchange(acceptance.config, std::nullopt);
  if (!config) return acceptance;
  secrets.config = crypto::Secret(std::string_view(*config));
  acceptance.sealed_without_config = std::exchange(acceptance.sealed, sealed(secrets));
  return acceptance;
}

}  // namespace

std::string seal_for(const std::optional<protocol::EncryptionKey>& recipient,
                     const crypto::Secret* sealing_key, const protocol::Secrets& secrets) {
  const crypto::Secret text = protocol::write_secrets(secrets);
  if (recipient) return protocol::seal_to(*recipient, text.text());
  return sealing_key != nullptr ? protocol::seal_with(sealing_key->view(), text.text()) : std::string();
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
