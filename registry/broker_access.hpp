#pragma once

#include "registry/model.hpp"

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

/// Another `stamp` whenever other certificates are revoked.
struct RevocationState {
  std::string stamp;
  Clock now;
};

/// An entry of a CRL.
struct RevokedCertificate {
  crypto::Bytes serial;
  Clock at;
  std::optional<KeyId> issuer;  ///< the key of the CA that signed it; nothing: not known
};

/// What the broker has to do before the device hears of its new credential: take a password, or let in a
/// device again that it was told to keep out.
struct BrokerOpening {
  protocol::DeviceId device_id;
  std::optional<PasswordLogin> login;
};

}  // namespace latchkey::registry
