#pragma once

#include "crypto/fail.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <memory>
#include <new>

// Private to the .cpp files of this folder: ownership and errors of OpenSSL.
namespace latchkey::crypto::openssl {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const noexcept {
    release(object);
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

using Pkey = Owned<EVP_PKEY, EVP_PKEY_free>;
using PkeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using MacContext = Owned<EVP_MAC_CTX, EVP_MAC_CTX_free>;
using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using Bio = Owned<BIO, BIO_free_all>;
using Number = Owned<BIGNUM, BN_free>;
using ParamsBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using X509Certificate = Owned<X509, X509_free>;
using Object = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;

/// For the results of `..._new` functions, which fail only when memory is out.
template <class Pointer>
[[nodiscard]] Pointer made(typename Pointer::pointer object) {
  if (object == nullptr) throw std::bad_alloc();
  return Pointer(object);
}

/// A BIO that reads `text` without a copy: `text` must outlive it. At most INT_MAX bytes.
[[nodiscard]] Bio reading(ByteView text);

/// The failure of the last call, with OpenSSL's reasons. Empties the thread's error queue, so that a later
/// failure never reports an old reason.
[[nodiscard]] std::unexpected<Error> failed(Fault fault, std::string what);

/// The DER that one of the i2d functions writes.
template <auto i2d, class T>
[[nodiscard]] Bytes encoded(T* object) {
  const int size = i2d(object, nullptr);
  if (size <= 0) die("an object of OpenSSL cannot be encoded");
  Bytes der(static_cast<std::size_t>(size));
  std::uint8_t* end = der.data();
  if (i2d(object, &end) != size) die("an object of OpenSSL cannot be encoded");
  return der;
}

// Fetched once in a process: a fetch costs more than a short hash.
[[nodiscard]] const EVP_MD* sha256_algorithm();
[[nodiscard]] const EVP_MD* sha384_algorithm();
[[nodiscard]] const EVP_MD* sha512_algorithm();
[[nodiscard]] const EVP_CIPHER* aes256_gcm_algorithm();

}  // namespace latchkey::crypto::openssl
