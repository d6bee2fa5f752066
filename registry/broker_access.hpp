#pragma once

#include "registry/model.hpp"
#include "registry/registry.hpp"

namespace latchkey::registry {

/// A password that is good now, by what it is derived from.
struct PasswordLogin {
  protocol::DeviceId device_id;
  std::int64_t generation = 0;
  crypto::Bytes salt;
  KeyId master_key{};
};

/// Who may do what at the broker, as the registry has it.
struct BrokerAccess {
  struct Login {
    PasswordLogin login;
    bool applied = false;  ///< the broker was seen to take it before
  };
  std::vector<std::string> denied;  ///< devices whose certificate would still get them in
  std::vector<Login> logins;
  /// Devices whose access an operator changed, and when (microseconds): the broker was not seen to follow.
  std::vector<std::pair<std::string, std::int64_t>> changed;
};

/// What the broker was seen to have carried out: an operator's change, or a login.
struct AppliedAccess {
  std::string device_id;
  std::optional<std::int64_t> changed_at;
  std::optional<std::int64_t> generation;
};

/// What the broker has to do before the device hears of its new credential: take a password, or let in a
/// device again that it was told to keep out.
struct BrokerOpening {
  protocol::DeviceId device_id;
  std::optional<PasswordLogin> login;
};

[[nodiscard]] Result<BrokerAccess> load_broker_access(Registry& registry);

/// Sets `broker_applied_at` where it is still empty.
[[nodiscard]] Result<void> broker_applied(Registry& registry, std::span<const AppliedAccess> rows);

/// The broker looks rights up by itself: what operators changed counts as applied.
[[nodiscard]] Result<void> access_looked_up(Registry& registry);

}  // namespace latchkey::registry
