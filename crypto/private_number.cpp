#include "crypto/private_number.hpp"

#include "crypto/openssl.hpp"

#include <openssl/core_names.h>

namespace latchkey::crypto {

Secret private_number(const PrivateKey& key) {
  BIGNUM* found = nullptr;
  if (EVP_PKEY_get_bn_param(key.handle(), OSSL_PKEY_PARAM_PRIV_KEY, &found) != 1)
    die("a private key has no number");
  const openssl::Owned<BIGNUM, BN_clear_free> number(found);
  Secret bytes(key.public_key().numbers().first.size());
  const auto size = static_cast<int>(bytes.size());
  if (BN_bn2binpad(number.get(), bytes.writable().data(), size) != size) die("a private number is too long");
  return bytes;
}

}  // namespace latchkey::crypto
