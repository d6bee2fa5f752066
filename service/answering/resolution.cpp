#include "service/answering/resolution.hpp"

#include "crypto/mac.hpp"
#include "protocol/configuration.hpp"
#include "protocol/rights.hpp"
#include "service/answering/compose.hpp"
#include "service/issuing/issue.hpp"

namespace latchkey::service {
namespace {

/// The devices that a thread serves one after the other mostly have the same rights: the last text is not
/// parsed again, unless the roots that decide what is valid are others.
const protocol::Rights& templates_of(std::string_view text, const protocol::Topics& topics) {
  struct Last {
    std::string text;
    std::string provisioning_root;
    std::string devices_root;
    protocol::Rights parsed;
  };
  thread_local Last last;
  if (text == last.text && topics.provisioning_root() == last.provisioning_root &&
      topics.devices_root() == last.devices_root)
    return last.parsed;
  last = {std::string(text), std::string(topics.provisioning_root()), std::string(topics.devices_root()),
          protocol::parse_templates(text, topics).value_or(protocol::Rights())};
  return last.parsed;
}

std::expected<std::string, std::string> sendable(const protocol::DeviceId& id,
                                                 const registry::Enrolment& enrolment,
                                                 std::string_view attributes, bool can_open) {
  auto config = protocol::expand_config(enrolment.config, id, attributes);
  if (!config && config.error().starts_with("config: ")) return config;
  if (!config) return std::unexpected("${" + config.error() + "} has no value");
  if (enrolment.policy.sealing == registry::Sealing::always && !can_open && *config != "{}")
    return std::unexpected("it must be sealed, but the device has no key that it can open it with");
  return config;
}

/// The attributes that this request proves; {}: none.
std::string proved_by(const VerifiedRequest& verified) {
  return verified.proves_attributes() ? verified.request().attributes : "{}";
}

/// For a verified request, with the attributes that it proves, or else those in the registry.
Effective effective_for(const VerifiedRequest& verified, const registry::RequestFacts& facts) {
  const std::string proved = proved_by(verified);
  return effective_config(verified.request().device_id, verified.enrolment(),
                          facts.device ? facts.device->configured : registry::Configured(),
                          proved == "{}" && facts.device ? facts.device->attributes : proved,
                          verified.sealing_key().has_value());
}

registry::Registration registration_of(const Grant& grant, registry::NewCredential credential) {
  const registry::Enrolment& enrolment = grant.verified().enrolment();
  return {.expected_generation = grant.expected_generation(),
          .to_registered = grant.registers(),
          .enrolled_by = enrolment.name(),
          .proof_key = grant.verified().proof_key(),
          .quota = enrolment.policy.quota,
          .attributes = proved_by(grant.verified()),
          .reported = grant.verified().proves_attributes() ? "{}" : grant.verified().request().attributes,
          .credential = std::move(credential),
          .configured_before = {},
          .configured = {}};
}

std::expected<registry::Registration, Rejection> issue_for(const AnsweringTools& tools, const Grant& grant,
                                                           crypto::Time now) {
  if (!grant.key()) return registration_of(grant, issue_password(grant, tools.master, now));
  auto credential = issue(grant, tools.issuer, crypto::random_serial(), now);
  if (credential) return registration_of(grant, std::move(*credential));
  return std::unexpected(
      Rejection{protocol::Code::unavailable, {registry::Reason::not_issued, credential.error().what}});
}

// The next answer has another certificate, whose signature may be some bytes longer.
constexpr std::size_t spread_of_certificates = 16;

Rejection too_large(std::size_t bytes, std::size_t most) {
  return {protocol::Code::answer_too_large,
          {registry::Reason::answer_too_large, "needs " + std::to_string(bytes + spread_of_certificates) +
                                                   " bytes, the device takes " + std::to_string(most)}};
}

// A device that provisions again may have lost its configuration, and an acknowledged configuration is sent
// in the answer only. If the answer has no room for all of it, it becomes a new version, which is sent later.
bool would_stay_without(const Resolved& resolved, const registry::RequestFacts& facts) {
  const auto* registration = std::get_if<registry::Registration>(&resolved.resolution);
  if (registration == nullptr || !facts.device || registration->to_registered) return false;
  return !resolved.verified->renews() &&
         facts.device->applied_config_version >= resolved.effective.configured.version;
}

/// Composes what a grant or repeat is answered, before anything is committed: a device that cannot take its
/// answer is refused.
void fit(const AnsweringTools& tools, Resolved& resolved, const registry::RequestFacts& facts,
         protocol::Answer head) {
  head.status = protocol::Status::accepted;
  head.acceptance = accept(tools, resolved, facts);
  if (!head.acceptance) return;
  const protocol::Signer& signer = resolved.verified->signer();
  const std::size_t most = protocol::largest_message(resolved.verified->request().max_message_bytes);
  const bool has_ca = !head.acceptance->connection.ca.empty();
  auto fitted = protocol::fit_answer(head, signer, most);
  if (!fitted.is_whole() && would_stay_without(resolved, facts)) {
    const std::int64_t version = ++resolved.effective.configured.version;
    std::get<registry::Registration>(resolved.resolution).configured->version = version;
    head.acceptance->config_version = version;
    fitted = protocol::fit_answer(head, signer, most);
  }
  // Not by the last `fitted` alone: the greater version may have been what did not fit.
  resolved.without_ca = has_ca && head.acceptance->connection.ca.empty();
  if (fitted.bytes > most)
    resolved.resolution = too_large(fitted.bytes, most);
  else
    resolved.acceptance = std::move(head.acceptance);
}

/// Issues the credential of a grant, computes the configuration and composes the answer.
void grant(const AnsweringTools& tools, const Grant& granted, Resolved& resolved,
           const registry::RequestFacts& facts, crypto::Time now, const protocol::Answer& head) {
  auto registration = issue_for(tools, granted, now);
  if (!registration) {
    resolved.resolution = std::move(registration.error());
    return;
  }
  resolved.effective = effective_for(*resolved.verified, facts);
  if (facts.device) registration->configured_before = facts.device->configured;
  registration->configured = resolved.effective.configured;
  resolved.resolution = *std::move(registration);
  fit(tools, resolved, facts, head);
}

}  // namespace

Resolved resolve(const AnsweringTools& tools, VerifiedRequest verified, const registry::RequestFacts& facts,
                 registry::Clock now, const protocol::Answer& head) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  Resolved resolved;
  resolved.verified.emplace(std::move(verified));
  Decision decision = tools.decider.decide(*resolved.verified, facts, seconds);
  if (const auto* granted = std::get_if<Grant>(&decision)) {
    grant(tools, *granted, resolved, facts, seconds, head);
  } else if (auto* repeat = std::get_if<Repeat>(&decision)) {
    resolved.effective = effective_for(*resolved.verified, facts);
    resolved.resolution = std::move(*repeat);
    fit(tools, resolved, facts, head);
  } else if (auto* challenge = std::get_if<Challenge>(&decision)) {
    resolved.resolution = std::move(*challenge);
  } else if (const auto* wait = std::get_if<Wait>(&decision)) {
    resolved.resolution = *wait;
  } else {
    resolved.resolution = std::get<Rejection>(std::move(decision));
  }
  return resolved;
}

Effective unsendable(const registry::Enrolment& enrolment, const registry::Configured& before,
                     std::string fault) {
  Effective effective{before, std::nullopt};
  effective.configured.layers = enrolment.layers;
  effective.configured.fault = std::move(fault);
  return effective;
}

Effective effective_config(const protocol::DeviceId& id, const registry::Enrolment& enrolment,
                           const registry::Configured& before, std::string_view attributes, bool can_open) {
  Effective effective{before, std::nullopt};
  registry::Configured& now = effective.configured;
  now.layers = enrolment.layers;
  auto config = sendable(id, enrolment, attributes, can_open);
  if (!config) return unsendable(enrolment, before, std::move(config.error()));
  now.fault.clear();
  now.endpoint.reset();
  if (!enrolment.endpoint.empty()) now.endpoint = crypto::sha256(crypto::as_bytes(enrolment.endpoint));
  // Line feeds separate them: no writer puts one into its JSON.
  std::string content = *config + '\n' + enrolment.endpoint;
  if (enrolment.rights && !enrolment.rights->empty()) content += '\n' + *enrolment.rights;
  now.digest = crypto::sha256(crypto::as_bytes(content));
  // The first configuration is version 1, unless version 1 was sent already, without a configuration.
  const bool was_told = before.digest || !before.fault.empty();
  if (was_told && now.digest != before.digest) ++now.version;
  effective.config = std::move(*config);
  return effective;
}

protocol::Connection connection_for(const Destination& destination, const protocol::Topics& topics,
                                    const protocol::DeviceId& id, protocol::CredentialType type,
                                    std::string_view endpoint, std::string_view rights) {
  const bool password = type == protocol::CredentialType::password;
  auto connection = endpoint.empty() ? std::nullopt : protocol::parse_endpoint(endpoint);
  if (!connection)
    connection = protocol::Connection{.host = destination.host,
                                      .port = password ? destination.password_port : destination.port,
                                      .tls = destination.tls,
                                      .client_id = {},
                                      .ca = destination.anchors,
                                      .topics = {},
                                      .publish = {},
                                      .subscribe = {}};
  connection->client_id = id.text();
  connection->topics = topics.device_prefix(id);
  if (rights.empty()) return *std::move(connection);
  auto filters = protocol::filled(templates_of(rights, topics), id);
  connection->publish = std::move(filters.publish);
  connection->subscribe = std::move(filters.subscribe);
  return *std::move(connection);
}

}  // namespace latchkey::service
