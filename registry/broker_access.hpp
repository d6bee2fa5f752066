#pragma once

#include "registry/model.hpp"
#include "registry/registry.hpp"

namespace latchkey::registry {

/// A currently valid password, given by the values that it is derived from.
struct PasswordLogin {
  protocol::DeviceId device_id;
  std::int64_t generation = 0;
  crypto::Bytes salt;
  KeyId master_key{};
};

/// Access to the broker as the registry wants it.
struct BrokerAccess {
  struct Login {
    PasswordLogin login;
    bool applied = false;  ///< the broker has accepted it before
  };
  std::vector<std::string> denied;  ///< denied devices with a certificate that is still valid
  std::vector<Login> logins;
  /// Devices whose access an operator changed, and when (microseconds), as long as the broker has not applied
  /// it.
  std::vector<std::pair<std::string, std::int64_t>> changed;
};

/// What the broker has applied: an operator's change (`changed_at`) or a login (`generation`).
struct AppliedAccess {
  std::string device_id;
  std::optional<std::int64_t> changed_at;
  std::optional<std::int64_t> generation;
};

/// What the broker must do before the device gets its new credential: add a login, or admit a denied device
/// again.
struct BrokerOpening {
  protocol::DeviceId device_id;
  std::optional<PasswordLogin> login;
};

[[nodiscard]] Result<BrokerAccess> load_broker_access(Registry& registry);

/// Sets `broker_applied_at` where it is still empty.
[[nodiscard]] Result<void> broker_applied(Registry& registry, std::span<const AppliedAccess> rows);

/// For brokers that query the registry themselves: marks operators' changes as applied.
[[nodiscard]] Result<void> access_looked_up(Registry& registry);

}  // namespace latchkey::registry
