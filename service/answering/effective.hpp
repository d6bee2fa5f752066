#pragma once

#include "service/identity/authenticate.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::service {

/// What a device is to have at this moment.
struct Effective {
  registry::Configured configured;    ///< with its version: the stored one, or the next
  std::optional<std::string> config;  ///< JSON; nothing: see configured.fault
};

/// Merges nothing (the load did) and fills the placeholders of `enrolment`'s config in. `before` is what is
/// stored for the device. The version grows when what there is to apply is another one than it stands for;
/// what cannot be sent leaves it. `can_open`: the device has a key to seal for.
[[nodiscard]] Effective effective_config(const protocol::DeviceId& id, const registry::Enrolment& enrolment,
                                         const registry::Configured& before, std::string_view attributes,
                                         bool can_open);

/// The same for a verified request: by the attributes in it, else by those that the registry keeps.
[[nodiscard]] Effective effective_for(const VerifiedRequest& verified, const registry::RequestFacts& facts);

}  // namespace latchkey::service
