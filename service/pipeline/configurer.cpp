#include "service/pipeline/configurer.hpp"

#include "protocol/sealed.hpp"
#include "service/answering/compose.hpp"

namespace latchkey::service {
namespace {

constexpr std::size_t longest_session = 32;

bool is_acknowledged(const registry::Device& device) {
  return device.applied_config_version >= device.configured.version;
}

protocol::Configuration head_of(const RegisteredDevice& device, const std::string& session,
                                registry::DeviceState state) {
  protocol::Configuration message;
  message.device_id = device.id.text();
  message.session = session;
  message.state = registry::name_of(state);
  message.config_version = device.facts.device->configured.version;
  message.confirmed = device.facts.device->confirmed;
  return message;
}

}  // namespace

std::optional<Effective> Configurer::effective_for(RegisteredDevice& device) const {
  const registry::StatusFacts& facts = device.facts;
  if (!facts.enrolment) return std::nullopt;
  const bool can_open =
      facts.enrolment->policy.sealing != registry::Sealing::always || authenticator_.sealing_key_for(device);
  auto effective = effective_config(device.id, *facts.enrolment, facts.device->configured,
                                    facts.device->attributes, can_open);
  if (auto fault = why_too_large(device, effective))
    return unsendable(*facts.enrolment, facts.device->configured, *std::move(fault));
  return effective;
}

std::optional<std::string> Configurer::why_too_large(RegisteredDevice& device,
                                                     const Effective& effective) const {
  const registry::Device& known = *device.facts.device;
  if (known.max_message_bytes == 0 || !device.facts.credential || !effective.config) return std::nullopt;
  if (known.applied_config_version >= effective.configured.version) return std::nullopt;
  const auto signer = authenticator_.signer_for(device);
  if (!signer) return std::nullopt;
  // The longest session and state, so that the figure is the same in each.
  auto message = head_of(device, std::string(longest_session, 's'), registry::DeviceState::registered);
  message.config_version = effective.configured.version;
  add(message, device, effective);
  const std::size_t most = protocol::largest_message(known.max_message_bytes);
  const std::size_t needed = protocol::size_in_parts(std::move(message), *signer, most);
  if (needed <= most) return std::nullopt;
  return "it needs a message of " + std::to_string(needed) + " bytes, and the device takes " +
         std::to_string(most);
}

void Configurer::send(RegisteredDevice& device, const std::string& session,
                      registry::DeviceState state) const {
  const auto signer = authenticator_.signer_for(device);
  if (!signer) {
    log_.warning("a configuration cannot be signed: the enrolment of the device is gone",
                 {{"device_id", device.id.text()}});
    return;
  }
  auto message = head_of(device, session, state);
  if (!is_acknowledged(*device.facts.device)) add_config(message, device);
  publisher_.configure(device.id, std::move(message), *signer,
                       protocol::largest_message(device.facts.device->max_message_bytes),
                       device.facts.rights_told);
}

void Configurer::add_config(protocol::Configuration& message, RegisteredDevice& device) const {
  const auto effective = effective_for(device);
  if (!effective) return;
  if (!effective->config) {
    log_.warning("a configuration cannot be sent",
                 {{"device_id", device.id.text()}, {"reason", effective->configured.fault}});
    return;
  }
  add(message, device, *effective);
}

void Configurer::add(protocol::Configuration& message, RegisteredDevice& device,
                     const Effective& effective) const {
  const registry::StatusFacts& facts = device.facts;
  message.sealed = sealed(device, *effective.config);
  if (message.sealed.empty()) message.config = effective.config;
  const bool moves = facts.device->endpoint_given != effective.configured.endpoint;
  // Which rights the device was told is not noted: it is told them with each new configuration.
  if (!moves && !facts.enrolment->rights) return;
  message.connection = connection_for(destination_, topics_, device.id, facts.credential->type,
                                      facts.enrolment->endpoint, facts.enrolment->rights.value_or(""));
  if (!moves) message.connection->ca.clear();  // it keeps its anchors
}

std::string Configurer::sealed(RegisteredDevice& device, std::string_view config) const {
  if (device.facts.enrolment->policy.sealing == registry::Sealing::never) return {};
  const auto key = authenticator_.sealing_key_for(device);
  return key ? protocol::seal_config(*key, config) : std::string();
}

}  // namespace latchkey::service
