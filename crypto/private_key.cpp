#include "crypto/der.hpp"
#include "crypto/key.hpp"
#include "crypto/openssl.hpp"
#include "crypto/public_key.hpp"
#include "crypto/signature.hpp"

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include <climits>

namespace latchkey::crypto {
namespace {

using openssl::failed;

EVP_PKEY* generate_point(Algorithm algorithm) {
  const auto context = openssl::made<openssl::PkeyContext>(
      EVP_PKEY_CTX_new_from_pkey(nullptr, prepared_curve(algorithm), nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_keygen_init(context.get()) != 1 || EVP_PKEY_generate(context.get(), &key) != 1) return nullptr;
  return key;
}

EVP_PKEY* generate_key(Algorithm algorithm) {
  constexpr std::size_t rsa_bits = 2048;
  switch (algorithm) {
    case Algorithm::es256:
    case Algorithm::es384:
      return generate_point(algorithm);
    case Algorithm::rs256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", rsa_bits);
    case Algorithm::ed25519:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    case Algorithm::hs256:
      break;
  }
  die("a MAC has no private key");
}

// Without this callback OpenSSL asks for a password on the terminal.
int refuse_password(char*, int, int, void*) {
  return -1;
}

Result<PublicKey> public_half(EVP_PKEY* key) {
  // A key file may set the compressed form; our points are uncompressed.
  if (EVP_PKEY_is_a(key, "EC") == 1 &&
      EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") != 1) {
    return failed(Fault::internal, "no uncompressed point");
  }
  return PublicKey::from_spki(openssl::encoded<i2d_PUBKEY>(key));
}

// The same as i2d_PUBKEY for a new key, without its 80 us: every sealed secret needs a new ephemeral key.
Result<PublicKey> public_half_of_new(EVP_PKEY* key, Algorithm algorithm) {
  if (family_of(algorithm) != KeyFamily::ec) return public_half(key);
  unsigned char* octets = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key, &octets);
  if (size == 0) return failed(Fault::internal, "a new key has no point");
  const Bytes spki = der::sequence({key_algorithm_identifier(algorithm), der::bit_string({octets, size})});
  OPENSSL_free(octets);
  return PublicKey::from_spki(spki);
}

// A key file contains its own public key, which may not belong to the private key.
Result<void> check_halves(EVP_PKEY* key) {
  const auto context = openssl::made<openssl::PkeyContext>(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (EVP_PKEY_pairwise_check(context.get()) != 1)
    return failed(Fault::malformed, "the private key is inconsistent");
  return {};
}

}  // namespace

PrivateKey::PrivateKey(std::shared_ptr<EVP_PKEY> handle, PublicKey public_key)
    : handle_(std::move(handle)), public_key_(std::move(public_key)) {}

PrivateKey PrivateKey::generate(Algorithm algorithm) {
  std::shared_ptr<EVP_PKEY> key(generate_key(algorithm), EVP_PKEY_free);
  if (!key) die("no " + std::string(name_of(algorithm)) + " key could be made");
  Result<PublicKey> public_key = public_half_of_new(key.get(), algorithm);
  if (!public_key) die(public_key.error().what);
  return PrivateKey(std::move(key), *std::move(public_key));
}

Result<PrivateKey> PrivateKey::from_pem(ByteView pem) {
  if (pem.size() > INT_MAX) return fail(Fault::malformed, "private key too long");
  const openssl::Bio source = openssl::reading(pem);
  std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(source.get(), nullptr, refuse_password, nullptr),
                                EVP_PKEY_free);
  if (!key) return failed(Fault::malformed, "not a PEM private key without a password");
  Result<PublicKey> public_key = public_half(key.get());
  if (!public_key) return std::unexpected(std::move(public_key.error()));
  if (Result<void> checked = check_halves(key.get()); !checked)
    return std::unexpected(std::move(checked.error()));
  return PrivateKey(std::move(key), *std::move(public_key));
}

Secret PrivateKey::to_pem() const {
  const auto target = openssl::made<openssl::Bio>(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (PEM_write_bio_PKCS8PrivateKey(target.get(), handle(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    die("a private key cannot be written");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(target.get(), &text);
  return Secret(std::string_view(text, static_cast<std::size_t>(size)));
}

Bytes PrivateKey::sign(ByteView message) const {
  Result<Bytes> signature = sign_x509(handle(), signature_algorithm_of(algorithm()).hash, message);
  if (!signature) die(signature.error().what);
  if (family_of(algorithm()) != KeyFamily::ec) return *std::move(signature);
  return ecdsa_to_jws(algorithm(), *signature);
}

}  // namespace latchkey::crypto
