#include "service/pipeline/configurer.hpp"

#include "protocol/sealed.hpp"
#include "service/answering/compose.hpp"

namespace latchkey::service {
namespace {

constexpr std::size_t longest_session = 32;

bool is_acknowledged(const registry::Device& device) {
  return device.applied_config_version >= device.configured.version;
}

protocol::Configuration head_of(const protocol::DeviceId& id, const std::string& session,
                                registry::DeviceState state, const registry::Device& device) {
  protocol::Configuration message;
  message.device_id = id.text();
  message.session = session;
  message.state = registry::name_of(state);
  message.config_version = device.configured.version;
  message.confirmed = device.confirmed;
  return message;
}

}  // namespace

std::optional<Effective> Configurer::effective_for(const protocol::DeviceId& id,
                                                   const registry::StatusFacts& facts) const {
  if (!facts.enrolment) return std::nullopt;
  const bool can_open = facts.enrolment->policy.sealing != registry::Sealing::always ||
                        authenticator_.sealing_key_for(id, facts);
  auto effective =
      effective_config(id, *facts.enrolment, facts.device->configured, facts.device->attributes, can_open);
  if (auto fault = why_too_large(id, facts, effective))
    return unsendable(*facts.enrolment, facts.device->configured, *std::move(fault));
  return effective;
}

std::optional<std::string> Configurer::why_too_large(const protocol::DeviceId& id,
                                                     const registry::StatusFacts& facts,
                                                     const Effective& effective) const {
  const registry::Device& device = *facts.device;
  if (device.max_message_bytes == 0 || !facts.credential || !effective.config) return std::nullopt;
  if (device.applied_config_version >= effective.configured.version) return std::nullopt;
  const auto signer = authenticator_.signer_for(id, facts);
  if (!signer) return std::nullopt;
  // The longest session and state, so that the figure is the same in each.
  auto message = head_of(id, std::string(longest_session, 's'), registry::DeviceState::registered, device);
  message.config_version = effective.configured.version;
  add(message, id, facts, effective);
  const std::size_t most = protocol::largest_message(device.max_message_bytes);
  const std::size_t needed = protocol::size_in_parts(std::move(message), *signer, most);
  if (needed <= most) return std::nullopt;
  return "it needs a message of " + std::to_string(needed) + " bytes, and the device takes " +
         std::to_string(most);
}

void Configurer::send(const protocol::DeviceId& id, const std::string& session, registry::DeviceState state,
                      const registry::StatusFacts& facts) const {
  const auto signer = authenticator_.signer_for(id, facts);
  if (!signer) {
    log_.warning("a configuration cannot be signed: the enrolment of the device is gone",
                 {{"device_id", id.text()}});
    return;
  }
  auto message = head_of(id, session, state, *facts.device);
  if (!is_acknowledged(*facts.device)) add_config(message, id, facts);
  publisher_.configure(id, std::move(message), *signer,
                       protocol::largest_message(facts.device->max_message_bytes), facts.rights_told);
}

void Configurer::add_config(protocol::Configuration& message, const protocol::DeviceId& id,
                            const registry::StatusFacts& facts) const {
  const auto effective = effective_for(id, facts);
  if (!effective) return;
  if (!effective->config) {
    log_.warning("a configuration cannot be sent",
                 {{"device_id", id.text()}, {"reason", effective->configured.fault}});
    return;
  }
  add(message, id, facts, *effective);
}

void Configurer::add(protocol::Configuration& message, const protocol::DeviceId& id,
                     const registry::StatusFacts& facts, const Effective& effective) const {
  message.sealed = sealed(id, facts, *effective.config);
  if (message.sealed.empty()) message.config = effective.config;
  const bool moves = facts.device->endpoint_given != effective.configured.endpoint;
  // Which rights the device was told is not noted: it is told them with each new configuration.
  if (!moves && !facts.enrolment->rights) return;
  message.connection = connection_for(destination_, topics_, id, facts.credential->type,
                                      facts.enrolment->endpoint, facts.enrolment->rights.value_or(""));
  if (!moves) message.connection->ca.clear();  // it keeps its anchors
}

std::string Configurer::sealed(const protocol::DeviceId& id, const registry::StatusFacts& facts,
                               std::string_view config) const {
  if (facts.enrolment->policy.sealing == registry::Sealing::never) return {};
  const auto key = authenticator_.sealing_key_for(id, facts);
  if (!key) return {};
  protocol::Secrets secrets;
  secrets.config = crypto::Secret(config);
  return protocol::Sealer(*key).seal(protocol::write_secrets(secrets).text());
}

}  // namespace latchkey::service
