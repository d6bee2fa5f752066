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

/// What the broker has applied: an operator's change (`changed_at`), a login (`generation`), or a version of
/// what its gate has to know.
struct AppliedAccess {
  std::string device_id;
  std::optional<std::int64_t> changed_at;
  std::optional<std::int64_t> generation;
  std::optional<std::int64_t> version;
};

/// The access of one device that the broker's gate must know (docs/gate.md). Times are Unix seconds.
struct GateEntry {
  struct Login {
    std::int64_t generation = 0;
    std::int64_t until = 0;
    crypto::Bytes salt;
    crypto::Bytes hash;  ///< SHA-256 of the password followed by the salt in hexadecimal
  };
  struct DeniedSerial {
    crypto::Bytes serial;
    std::int64_t until = 0;
  };
  std::string device_id;
  std::int64_t version = 0;       ///< grows with each change
  std::int64_t denied_until = 0;  ///< 0: not denied
  std::vector<Login> logins;
  std::vector<DeniedSerial> denied_serials;
  std::optional<std::int64_t> changed_at;  ///< of an operator's change that the broker has not applied yet
  bool untold = false;                     ///< the gate has not been told this version yet
};
struct GateAccess {
  std::int64_t epoch = 0;  ///< versions can be compared within an epoch only
  std::vector<GateEntry> entries;
};
/// Which devices to load: all that one of these members selects.
struct GateQuery {
  std::vector<std::string> ids;
  std::size_t untold = 0;            ///< this many that the gate has not been told, the most urgent first
  std::optional<std::string> after;  ///< a page of all devices, ordered by id, that begins after this id
  std::size_t page = 0;              ///< the size of that page
};

/// What the broker must do before the device gets its new credential: add a login, or admit a denied device
/// again.
struct BrokerOpening {
  protocol::DeviceId device_id;
  std::optional<PasswordLogin> login;
};

[[nodiscard]] Result<BrokerAccess> load_broker_access(Registry& registry);

/// The entries are in order of their ids.
[[nodiscard]] Result<GateAccess> load_gate_access(Registry& registry, const GateQuery& query);

/// Sets `broker_applied_at` where it is still empty.
[[nodiscard]] Result<void> broker_applied(Registry& registry, std::span<const AppliedAccess> rows);

/// For brokers that query the registry themselves: marks operators' changes as applied.
[[nodiscard]] Result<void> access_looked_up(Registry& registry);

}  // namespace latchkey::registry
