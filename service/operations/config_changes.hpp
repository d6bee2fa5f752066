#pragma once

#include "registry/registry.hpp"
#include "service/pipeline/configurer.hpp"

namespace latchkey::service {

/// Sends configurations that operators changed to the devices: to those online at once, and again until they
/// acknowledge. Only one replica at a time handles a device.
class ConfigChanges {
 public:
  ConfigChanges(const Configurer& configurer, Log& log) : configurer_(configurer), log_(log) {}
  /// Handles one batch of devices. True when there may be more.
  [[nodiscard]] registry::Result<bool> step(registry::Registry& registry) const;

 private:
  [[nodiscard]] registry::Result<void> send_configurations(registry::Registry& registry,
                                                           const std::vector<protocol::DeviceId>& due) const;
  const Configurer& configurer_;
  Log& log_;
};

}  // namespace latchkey::service
