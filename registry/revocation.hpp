#pragma once

#include "registry/registry.hpp"

namespace latchkey::registry {

/// `stamp` changes whenever the set of revoked certificates changes.
struct RevocationState {
  std::string stamp;
  Clock now;
};

/// An entry of a CRL.
struct RevokedCertificate {
  crypto::Bytes serial;
  Clock at;
  std::optional<KeyId> issuer;  ///< the id of the CA's key that signed it; nothing: unknown
};

/// A cheap way to see whether `load_revoked` would return something new.
[[nodiscard]] Result<RevocationState> revocation_state(Registry& registry);
[[nodiscard]] Result<std::vector<RevokedCertificate>> load_revoked(Registry& registry);

}  // namespace latchkey::registry
