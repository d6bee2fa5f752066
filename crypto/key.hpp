#pragma once

#include "crypto/secret.hpp"

#include <memory>

typedef struct evp_pkey_st EVP_PKEY;  // declared here so that no OpenSSL header is included

namespace latchkey::crypto {

/// JWS signature algorithms (RFC 7518, 3.1; RFC 8037) that this project knows.
enum class Algorithm { hs256, es256, es384, rs256, ed25519 };

/// The `alg` header value: "HS256" ... "Ed25519".
[[nodiscard]] std::string_view name_of(Algorithm algorithm) noexcept;

/// The numbers of a public key, big-endian. EC: x and y, each of the curve's size. RSA: n and e, without
/// leading zeros. Ed25519: the 32 bytes, and `second` is empty.
struct KeyNumbers {
  Bytes first;
  Bytes second;
};

/// A public key of an accepted kind: P-256, P-384, Ed25519, RSA 2048-4096 with e >= 65537. Immutable, cheap
/// to copy, thread-safe.
class PublicKey {
 public:
  /// From a DER SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), trailing bytes refused. Another kind or size of key
  /// is `weak_key`; a point that is not on its curve is `malformed`.
  [[nodiscard]] static Result<PublicKey> from_spki(ByteView der);
  /// From the one PEM block "PUBLIC KEY" of a text. A text with a private key is `refused`: it should not be
  /// where this is called.
  [[nodiscard]] static Result<PublicKey> from_pem(ByteView pem);
  /// Numbers of another size than `algorithm` wants are `malformed`; as `from_spki` otherwise.
  [[nodiscard]] static Result<PublicKey> from_numbers(Algorithm algorithm, const KeyNumbers& numbers);

  [[nodiscard]] ByteView spki() const noexcept { return spki_; }
  [[nodiscard]] KeyNumbers numbers() const;
  /// SHA-256 of the SubjectPublicKeyInfo: names a key in the registry.
  [[nodiscard]] const Sha256Digest& fingerprint() const noexcept { return fingerprint_; }
  /// The one JWS algorithm that this key verifies.
  [[nodiscard]] Algorithm algorithm() const noexcept { return algorithm_; }
  /// Verifies a JWS signature: for ECDSA R||S of exactly the curve's length (RFC 7518, 3.4).
  [[nodiscard]] Result<void> verify(ByteView message, ByteView signature) const;

  /// For the .cpp files of this folder. Never null.
  [[nodiscard]] EVP_PKEY* handle() const noexcept { return handle_.get(); }

 private:
  PublicKey(std::shared_ptr<EVP_PKEY> handle, Bytes spki, Algorithm algorithm);
  std::shared_ptr<EVP_PKEY> handle_;
  Bytes spki_;
  Sha256Digest fingerprint_;
  Algorithm algorithm_;
};

/// A private key of an accepted kind. Immutable, cheap to copy, thread-safe.
class PrivateKey {
 public:
  [[nodiscard]] static PrivateKey generate_p256() { return generate(Algorithm::es256); }
  /// For every algorithm but HS256; RSA of 2048 bits.
  [[nodiscard]] static PrivateKey generate(Algorithm algorithm);
  /// From PEM, PKCS#8 or the traditional forms, not encrypted.
  [[nodiscard]] static Result<PrivateKey> from_pem(ByteView pem);

  /// PKCS#8 PEM.
  [[nodiscard]] Secret to_pem() const;
  [[nodiscard]] const PublicKey& public_key() const noexcept { return public_key_; }
  [[nodiscard]] Algorithm algorithm() const noexcept { return public_key_.algorithm(); }
  /// A JWS signature by `algorithm()`: for ECDSA R||S.
  [[nodiscard]] Bytes sign(ByteView message) const;

  /// For the .cpp files of this folder. Never null.
  [[nodiscard]] EVP_PKEY* handle() const noexcept { return handle_.get(); }

 private:
  PrivateKey(std::shared_ptr<EVP_PKEY> handle, PublicKey public_key);
  std::shared_ptr<EVP_PKEY> handle_;
  PublicKey public_key_;
};

}  // namespace latchkey::crypto
