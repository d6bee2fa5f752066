#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

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

/// Whether `load_revoked` would give other revoked certificates than before; cheaper.
[[nodiscard]] Result<RevocationState> revocation_state(Registry& registry);
[[nodiscard]] Result<std::vector<RevokedCertificate>> load_revoked(Registry& registry);

}  // namespace latchkey::registry
