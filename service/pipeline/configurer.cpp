#include "service/pipeline/configurer.hpp"

#include "service/answering/compose.hpp"

namespace latchkey::service {
namespace {

bool is_acknowledged(const registry::Device& device) {
  return device.applied_config_version >= device.configured.version;
}

}  // namespace

std::optional<Effective> Configurer::effective_for(const protocol::DeviceId& id,
                                                   const registry::StatusFacts& facts) const {
  if (!facts.enrolment) return std::nullopt;
  const bool can_open = facts.enrolment->policy.sealing != registry::Sealing::always ||
                        authenticator_.sealing_key_for(id, facts);
  return effective_config(id, *facts.enrolment, facts.device->configured, facts.device->attributes, can_open);
}

void Configurer::send(const protocol::DeviceId& id, const std::string& session, registry::DeviceState state,
                      const registry::StatusFacts& facts) const {
  const auto signer = authenticator_.signer_for(id, facts);
  if (!signer) {
    log_.warning("a configuration cannot be signed: the enrolment of the device is gone",
                 {{"device_id", id.text()}});
    return;
  }
  protocol::Configuration message;
  message.device_id = id.text();
  message.session = session;
  message.state = registry::name_of(state);
  message.config_version = facts.device->configured.version;
  message.confirmed = facts.device->confirmed;
  if (!is_acknowledged(*facts.device)) add_config(message, id, facts);
  publisher_.configure(id, message, *signer);
}

void Configurer::add_config(protocol::Configuration& message, const protocol::DeviceId& id,
                            const registry::StatusFacts& facts) const {
  auto effective = effective_for(id, facts);
  if (!effective) return;
  if (!effective->config) {
    log_.warning("a configuration cannot be sent",
                 {{"device_id", id.text()}, {"reason", effective->configured.fault}});
    return;
  }
  message.sealed = sealed(id, facts, *effective->config);
  if (message.sealed.empty()) message.config = std::move(effective->config);
  if (facts.device->endpoint_given != effective->configured.endpoint)
    message.connection =
        connection_for(destination_, topics_, id, facts.credential->type, facts.enrolment->endpoint);
}

std::string Configurer::sealed(const protocol::DeviceId& id, const registry::StatusFacts& facts,
                               std::string_view config) const {
  if (facts.enrolment->policy.sealing == registry::Sealing::never) return {};
  const auto key = authenticator_.sealing_key_for(id, facts);
  if (!key) return {};
  protocol::Secrets secrets;
  secrets.config = crypto::Secret(config);
  return seal(*key, secrets);
}

}  // namespace latchkey::service
