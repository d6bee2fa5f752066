#pragma once

#include "crypto/key.hpp"

#include <optional>

// Private to this folder.
namespace latchkey::crypto {

/// A key read from a SubjectPublicKeyInfo, before it becomes a PublicKey.
struct ReadKey {
  std::shared_ptr<EVP_PKEY> handle;
  Algorithm algorithm;
};

/// Never by way of OpenSSL's decoders, which cost twice what a verification costs.
[[nodiscard]] Result<ReadKey> read_spki(ByteView der);

/// What the key itself is: the octets of subjectPublicKey (RFC 5280, 4.1.2.7). `spki` must have been
/// accepted.
[[nodiscard]] ByteView subject_public_key(ByteView spki);

/// A key of this curve (es256 or es384) without a point, made once: to copy, or to generate more like it.
[[nodiscard]] EVP_PKEY* prepared_curve(Algorithm algorithm);

/// DER of the AlgorithmIdentifier in the SubjectPublicKeyInfo of a key for `algorithm`, which is not HS256.
[[nodiscard]] ByteView key_algorithm_identifier(Algorithm algorithm) noexcept;

}  // namespace latchkey::crypto
