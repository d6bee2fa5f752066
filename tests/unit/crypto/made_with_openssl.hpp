#pragma once

#include "crypto/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

// Keys, requests and certificates that the code under test would never make itself.
namespace latchkey::crypto::made_with_openssl {

using Key = std::shared_ptr<EVP_PKEY>;

inline void require(bool fine) {
  if (!fine) throw std::runtime_error("OpenSSL refused to make the material of a test");
}

inline Key ec_key(const char* curve) {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve), EVP_PKEY_free};
}
inline Key ed25519_key() {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free};
}

inline Key rsa_key(int bits, unsigned long exponent = RSA_F4) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), EVP_PKEY_CTX_free);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> e(BN_new(), BN_free);
  EVP_PKEY* key = nullptr;
  require(BN_set_word(e.get(), exponent) == 1 && EVP_PKEY_keygen_init(context.get()) == 1 &&
          EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) == 1 &&
          EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), e.get()) == 1 &&
          EVP_PKEY_generate(context.get(), &key) == 1);
  return {key, EVP_PKEY_free};
}

inline Bytes spki(const Key& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  require(size > 0);
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

inline std::string text_of(BIO* memory) {
  char* start = nullptr;
  const long size = BIO_get_mem_data(memory, &start);
  std::string text(start, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

/// PKCS#8, encrypted if there is a password.
inline std::string pem(const Key& key, std::string password = {}) {
  BIO* memory = BIO_new(BIO_s_mem());
  const EVP_CIPHER* cipher = password.empty() ? nullptr : EVP_aes_256_cbc();
  require(PEM_write_bio_PKCS8PrivateKey(memory, key.get(), cipher, password.data(),
                                        static_cast<int>(password.size()), nullptr, nullptr) == 1);
  return text_of(memory);
}

inline void set_common_name(X509_NAME* name, const std::string& text) {
  require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, as_bytes(text).data(), -1, -1, 0) == 1);
}

/// A PKCS#10 request for `key`, signed with `signer` (the same key in an honest request).
inline Bytes request(const Key& key, const EVP_MD* digest, const Key& signer) {
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> made(X509_REQ_new(), X509_REQ_free);
  set_common_name(X509_REQ_get_subject_name(made.get()), "a name that is ignored");
  require(X509_REQ_set_pubkey(made.get(), key.get()) == 1 &&
          X509_REQ_sign(made.get(), signer.get(), digest) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(made.get(), &der);
  require(size > 0);
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}
inline Bytes request(const Key& key, const EVP_MD* digest) {
  return request(key, digest, key);
}

struct Extension {
  int nid;
  std::string value;  ///< as in openssl.cnf
};

/// A certificate for `key` by `ca` with these extensions and a validity of one day, around now or `later` by
/// these seconds.
inline Certificate certificate(const Identity& ca, const Key& key, const std::vector<Extension>& extensions,
                               const std::string& common_name = "made by a test", long later = 0) {
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  X509* const x = made.get();
  X509V3_CTX context;
  X509V3_set_ctx(&context, ca.certificate.handle(), x, nullptr, nullptr, 0);
  set_common_name(X509_get_subject_name(x), common_name);
  require(X509_set_version(x, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), 7) == 1 &&
          X509_set_issuer_name(x, X509_get_subject_name(ca.certificate.handle())) == 1 &&
          X509_gmtime_adj(X509_getm_notBefore(x), later - 3600) != nullptr &&
          X509_gmtime_adj(X509_getm_notAfter(x), later + 86400) != nullptr &&
          X509_set_pubkey(x, key.get()) == 1);
  for (const Extension& each : extensions) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, each.nid, each.value.c_str());
    require(extension != nullptr && X509_add_ext(x, extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }
  require(X509_sign(x, ca.key.handle(), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(x, &der);
  require(size > 0);
  Result<Certificate> result = Certificate::from_der({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  require(result.has_value());
  return *std::move(result);
}

}  // namespace latchkey::crypto::made_with_openssl
