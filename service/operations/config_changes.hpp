#pragma once

#include "registry/registry.hpp"
#include "service/pipeline/configurer.hpp"

namespace latchkey::service {

/// Carries what operators change to the devices that it concerns: those that are online are sent it at once,
/// and again while they do not acknowledge it. Each due device is one replica's at a time.
class ConfigChanges {
 public:
  ConfigChanges(const Configurer& configurer, Log& log) : configurer_(configurer), log_(log) {}
  /// One batch of devices. True when there may be more.
  [[nodiscard]] registry::Result<bool> step(registry::Registry& registry) const;

 private:
  [[nodiscard]] registry::Result<void> carry_out(registry::Registry& registry,
                                                 const std::vector<protocol::DeviceId>& due) const;
  const Configurer& configurer_;
  Log& log_;
};

}  // namespace latchkey::service
