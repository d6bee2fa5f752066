#pragma once

#include "service/answering/resolution.hpp"
#include "service/identity/authenticate.hpp"
#include "service/pipeline/publisher.hpp"

namespace latchkey::service {

/// Sends configurations to devices (docs/protocol.md, 6): in answer to a status, and after a change.
/// Thread-safe.
class Configurer {
 public:
  Configurer(const Authenticator& authenticator, const Destination& destination,
             const protocol::Topics& topics, Publisher& publisher, Log& log)
      : authenticator_(authenticator),
        destination_(destination),
        topics_(topics),
        publisher_(publisher),
        log_(log) {}

  /// The configuration of a registered device. Nothing if its enrolment is gone.
  [[nodiscard]] std::optional<Effective> effective_for(RegisteredDevice& device) const;

  /// Sends a configuration message for `session`. It contains the configuration `facts.device->configured`
  /// unless the device has acknowledged that.
  void send(RegisteredDevice& device, const std::string& session, registry::DeviceState state) const;

 private:
  /// Why the configuration is too large for the device; nothing if it fits or need not be sent.
  [[nodiscard]] std::optional<std::string> why_too_large(RegisteredDevice& device,
                                                         const Effective& effective) const;
  void add(protocol::Configuration& message, RegisteredDevice& device, const Effective& effective) const;
  void add_config(protocol::Configuration& message, RegisteredDevice& device) const;
  /// The configuration for this device alone; empty if it goes out in clear.
  [[nodiscard]] std::string sealed(RegisteredDevice& device, std::string_view config) const;

  const Authenticator& authenticator_;
  const Destination& destination_;
  const protocol::Topics& topics_;
  Publisher& publisher_;
  Log& log_;
};

}  // namespace latchkey::service
