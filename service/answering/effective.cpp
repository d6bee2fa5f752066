#include "service/answering/effective.hpp"

#include "crypto/mac.hpp"
#include "protocol/configuration.hpp"

namespace latchkey::service {
namespace {

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

/// The attributes of this request, or else those in the registry.
std::string_view attributes_of(const VerifiedRequest& verified, const registry::RequestFacts& facts) {
  const std::string& said = verified.request().attributes;
  return said == "{}" && facts.device ? std::string_view(facts.device->attributes) : std::string_view(said);
}

}  // namespace

Effective effective_config(const protocol::DeviceId& id, const registry::Enrolment& enrolment,
                           const registry::Configured& before, std::string_view attributes, bool can_open) {
  Effective effective{before, std::nullopt};
  registry::Configured& now = effective.configured;
  now.layers = enrolment.layers;
  auto config = sendable(id, enrolment, attributes, can_open);
  if (!config) {
    now.fault = std::move(config.error());
    return effective;
  }
  now.fault.clear();
  now.endpoint.reset();
  if (!enrolment.endpoint.empty()) now.endpoint = crypto::sha256(crypto::as_bytes(enrolment.endpoint));
  // The line feed separates the two: neither writer puts one into its JSON.
  now.digest = crypto::sha256(crypto::as_bytes(*config + '\n' + enrolment.endpoint));
  // The first configuration is version 1, unless version 1 was sent already, without a configuration.
  const bool was_told = before.digest || !before.fault.empty();
  if (was_told && now.digest != before.digest) ++now.version;
  effective.config = std::move(*config);
  return effective;
}

Effective effective_for(const VerifiedRequest& verified, const registry::RequestFacts& facts) {
  return effective_config(verified.request().device_id, verified.enrolment(),
                          facts.device ? facts.device->configured : registry::Configured(),
                          attributes_of(verified, facts), verified.sealing_key().has_value());
}

}  // namespace latchkey::service
