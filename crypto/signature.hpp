#pragma once

#include "crypto/key.hpp"

// Private to this folder: signatures in the form of X.509 (ECDSA: a DER sequence) and of JWS (ECDSA: R||S),
// by the same OpenSSL operations.
namespace latchkey::crypto {

enum class Hash { none, sha256, sha384, sha512 };
enum class KeyFamily { ec, rsa, ed25519 };

/// A signature algorithm that is accepted in requests and certificates (RFC 5758, 3.2; RFC 8017, A.2.4; RFC
/// 8410, 3).
struct SignatureAlgorithm {
  KeyFamily family;
  Hash hash;
  int nid;              ///< OpenSSL's number for it
  ByteView identifier;  ///< DER of its AlgorithmIdentifier
};

/// Null if `identifier` is none of them.
[[nodiscard]] const SignatureAlgorithm* find_signature_algorithm(ByteView identifier) noexcept;
[[nodiscard]] const SignatureAlgorithm* find_signature_algorithm(int nid) noexcept;
/// True if its object identifier is one of them, but its parameters are wrong.
[[nodiscard]] bool has_wrong_parameters(ByteView identifier) noexcept;
/// The X.509 algorithm for our keys of this JWS algorithm.
[[nodiscard]] const SignatureAlgorithm& signature_algorithm_of(Algorithm algorithm) noexcept;
[[nodiscard]] KeyFamily family_of(Algorithm algorithm) noexcept;

[[nodiscard]] Result<void> verify_x509(EVP_PKEY* key, Hash hash, ByteView message, ByteView signature);
[[nodiscard]] Result<Bytes> sign_x509(EVP_PKEY* key, Hash hash, ByteView message);

/// Converts R||S to the DER of RFC 3279, 2.2.3. Its size must be twice that of the curve's order, and R and S
/// in 1..order-1. `algorithm` is es256 or es384.
[[nodiscard]] Result<Bytes> ecdsa_to_x509(Algorithm algorithm, ByteView concatenated);
[[nodiscard]] Bytes ecdsa_to_jws(Algorithm algorithm, ByteView der);

/// SEQUENCE { part, algorithm, signature of part }: a certificate (RFC 5280, 4.1) and a request (RFC
/// 2986, 4.2).
[[nodiscard]] Result<Bytes> sign_structure(ByteView part, const PrivateKey& key);

}  // namespace latchkey::crypto
