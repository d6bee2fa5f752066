#include "service/pipeline/acceptance.hpp"

#include "service/issuing/issue.hpp"

namespace latchkey::service {
namespace {

/// What the device said last: in this request, else what the registry keeps.
std::string_view attributes_of(const VerifiedRequest& verified, const registry::RequestFacts& facts) {
  const std::string& said = verified.request().attributes;
  return said == "{}" && facts.device ? std::string_view(facts.device->attributes) : std::string_view(said);
}

protocol::Acceptance acceptance_of(const AcceptanceTools& tools, const VerifiedRequest& verified,
                                   const registry::RequestFacts& facts, std::int64_t generation,
                                   const crypto::Bytes& leaf, registry::Clock not_before,
                                   registry::Clock not_after) {
  const protocol::DeviceId& id = verified.request().device_id;
  protocol::CertificateCredential credential{{leaf}, renew_after(not_before, not_after, leaf)};
  credential.chain.insert(credential.chain.end(), tools.intermediates.begin(), tools.intermediates.end());
  return {.generation = generation,
          .credential = std::move(credential),
          .connection = tools.speaker.connection_for(id),
          .config_version = facts.device ? facts.device->config_version : 1,
          .config = configuration_for(tools.log, id, verified.enrolment(), attributes_of(verified, facts)),
          .sealed = {}};
}

}  // namespace

std::optional<std::string> configuration_for(Log& log, const protocol::DeviceId& id,
                                             const registry::Enrolment& enrolment,
                                             std::string_view attributes) {
  auto config = protocol::expand_config(enrolment.config, id, attributes);
  if (config) return std::move(*config);
  log.warning("the configuration names something unknown and is not sent",
              {{"device_id", id.text()}, {"name", config.error()}});
  return std::nullopt;
}

protocol::Acceptance accept(const AcceptanceTools& tools, const VerifiedRequest& verified,
                            const registry::RequestFacts& facts, const registry::Registration& registration) {
  const registry::NewCredential& credential = registration.credential;
  return acceptance_of(tools, verified, facts, registration.expected_generation.value_or(0) + 1,
                       credential.certificate, credential.not_before, credential.not_after);
}

protocol::Acceptance accept(const AcceptanceTools& tools, const VerifiedRequest& verified,
                            const registry::RequestFacts& facts, const registry::Credential& repeated) {
  return acceptance_of(tools, verified, facts, repeated.generation, repeated.certificate, repeated.not_before,
                       repeated.not_after);
}

}  // namespace latchkey::service
