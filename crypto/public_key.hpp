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

/// Does not use OpenSSL's decoders: they cost twice as much as a verification.
[[nodiscard]] Result<ReadKey> read_spki(ByteView der);

/// The octets of subjectPublicKey (RFC 5280, 4.1.2.7). `read_spki` must have accepted `spki`.
[[nodiscard]] ByteView subject_public_key(ByteView spki);

/// A key of this curve (es256 or es384) without a point, made once: a template to copy or to generate keys
/// from.
[[nodiscard]] EVP_PKEY* prepared_curve(Algorithm algorithm);

/// DER of the AlgorithmIdentifier in the SubjectPublicKeyInfo of a key for `algorithm`, which is not HS256.
[[nodiscard]] ByteView key_algorithm_identifier(Algorithm algorithm) noexcept;

}  // namespace latchkey::crypto
