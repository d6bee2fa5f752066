#pragma once

#include "crypto/key.hpp"

// Agreeing on a key with the holder of another one, as ECDH-ES does (RFC 7518, 4.6).
namespace latchkey::crypto {

/// The x coordinate of the shared point (SP 800-56A, 5.7.1.2): equal for both sides, and no key yet. Both
/// keys are of one curve, P-256 or P-384; anything else is `refused`. A PublicKey is on its curve, and these
/// curves have no small subgroup, so that no peer can learn anything of the private key by choosing its
/// point.
[[nodiscard]] Result<Secret> agree(const PrivateKey& own, const PublicKey& peer);

/// Who and what a key is for: `algorithm` is the JOSE name of its use, PartyUInfo and PartyVInfo are given
/// decoded and may be empty.
struct KeyUse {
  std::string_view algorithm;
  ByteView party_u;
  ByteView party_v;
};
/// Concat KDF with SHA-256 (RFC 7518, 4.6.2): `size` bytes, which is at most 32: one round gives no more.
[[nodiscard]] Secret concat_kdf(ByteView shared, const KeyUse& use, std::size_t size);

}  // namespace latchkey::crypto
