#pragma once

#include "service/identity/authenticate.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::service {

/// The configuration that a device should have now.
struct Effective {
  registry::Configured configured;    ///< with the stored version or the next one
  std::optional<std::string> config;  ///< JSON; nothing: configured.fault says why
};

/// Expands the placeholders in `enrolment.config`, which the load has merged. `before` is the stored state of
/// the device. The version increases if the content differs from that of the stored version; a configuration
/// that cannot be sent does not change it. `can_open`: secrets can be encrypted for the device.
[[nodiscard]] Effective effective_config(const protocol::DeviceId& id, const registry::Enrolment& enrolment,
                                         const registry::Configured& before, std::string_view attributes,
                                         bool can_open);

/// The same for a verified request, with its attributes, or else those in the registry.
[[nodiscard]] Effective effective_for(const VerifiedRequest& verified, const registry::RequestFacts& facts);

}  // namespace latchkey::service
