#include "crypto/openssl.hpp"

#include <cstdio>
#include <cstdlib>

namespace latchkey::crypto {

void die(std::string_view what) noexcept {
  static_cast<void>(
      std::fprintf(stderr, "latchkey: cannot go on: %.*s\n", static_cast<int>(what.size()), what.data()));
  ERR_print_errors_fp(stderr);
  std::abort();
}

namespace openssl {
namespace {

EVP_MD* fetch_digest(const char* name) {
  EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
  if (digest == nullptr) die("OpenSSL has no " + std::string(name));
  return digest;
}

EVP_CIPHER* fetch_cipher(const char* name) {
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  if (cipher == nullptr) die("OpenSSL has no " + std::string(name));
  return cipher;
}

}  // namespace

Bio reading(ByteView text) {
  // OpenSSL rejects a null pointer, and an empty view may have one.
  const void* start = text.empty() ? "" : static_cast<const void*>(text.data());
  return made<Bio>(BIO_new_mem_buf(start, static_cast<int>(text.size())));
}

std::unexpected<Error> failed(Fault fault, std::string what) {
  while (const unsigned long code = ERR_get_error()) {
    if (const char* reason = ERR_reason_error_string(code)) what.append(": ").append(reason);
  }
  return fail(fault, std::move(what));
}

const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const digest = fetch_digest("SHA256");
  return digest;
}

const EVP_MD* sha384_algorithm() {
  static const EVP_MD* const digest = fetch_digest("SHA384");
  return digest;
}

const EVP_MD* sha512_algorithm() {
  static const EVP_MD* const digest = fetch_digest("SHA512");
  return digest;
}

const EVP_CIPHER* aes256_gcm_algorithm() {
  static const EVP_CIPHER* const cipher = fetch_cipher("AES-256-GCM");
  return cipher;
}

}  // namespace openssl
}  // namespace latchkey::crypto
