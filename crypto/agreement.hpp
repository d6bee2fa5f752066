#pragma once

#include "crypto/key.hpp"

// Key agreement by ECDH-ES (RFC 7518, 4.6).
namespace latchkey::crypto {

/// The shared secret: the x coordinate of the shared point (SP 800-56A, 5.7.1.2). Not a key yet: derive one
/// with `concat_kdf`. Both keys must be of the same curve, P-256 or P-384; anything else is `refused`. A peer
/// cannot learn anything about the private key by choosing its point: a PublicKey is on its curve, and these
/// curves have no small subgroup.
[[nodiscard]] Result<Secret> agree(const PrivateKey& own, const PublicKey& peer);

/// The context that a derived key is bound to. `algorithm` is the JOSE name of the key's use; PartyUInfo and
/// PartyVInfo are decoded and may be empty.
struct KeyUse {
  std::string_view algorithm;
  ByteView party_u;
  ByteView party_v;
};
/// Concat KDF with SHA-256 (RFC 7518, 4.6.2): `size` bytes, at most 32, which is one round.
[[nodiscard]] Secret concat_kdf(ByteView shared, const KeyUse& use, std::size_t size);

}  // namespace latchkey::crypto
