#include "crypto/key.hpp"

#include "crypto/mac.hpp"
#include "crypto/public_key.hpp"
#include "crypto/signature.hpp"

namespace latchkey::crypto {

std::string_view name_of(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::hs256:
      return "HS256";
    case Algorithm::es256:
      return "ES256";
    case Algorithm::es384:
      return "ES384";
    case Algorithm::rs256:
      return "RS256";
    case Algorithm::ed25519:
      return "Ed25519";
  }
  return "";
}

PublicKey::PublicKey(std::shared_ptr<EVP_PKEY> handle, Bytes spki, Algorithm algorithm)
    : handle_(std::move(handle)),
      spki_(std::move(spki)),
      fingerprint_(sha256(spki_)),
      algorithm_(algorithm) {}

Result<PublicKey> PublicKey::from_spki(ByteView der) {
  Result<ReadKey> key = read_spki(der);
  if (!key) return std::unexpected(std::move(key.error()));
  return PublicKey(std::move(key->handle), Bytes(der.begin(), der.end()), key->algorithm);
}

Result<void> PublicKey::verify(ByteView message, ByteView signature) const {
  const Hash hash = signature_algorithm_of(algorithm_).hash;
  if (family_of(algorithm_) != KeyFamily::ec) return verify_x509(handle(), hash, message, signature);
  const Result<Bytes> der = ecdsa_to_x509(algorithm_, signature);
  if (!der) return std::unexpected(der.error());
  return verify_x509(handle(), hash, message, *der);
}

}  // namespace latchkey::crypto
