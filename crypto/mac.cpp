#include "crypto/mac.hpp"

#include "crypto/openssl.hpp"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <climits>

namespace latchkey::crypto {
namespace {

// A context with the algorithm set and no key. Copying it is thread-safe and cheaper than setting the
// algorithm again; the key is in the copy alone and is freed with it.
EVP_MAC_CTX* make_keyless_hmac() {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* context = mac == nullptr ? nullptr : EVP_MAC_CTX_new(mac);
  EVP_MAC_free(mac);
  std::string digest = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                               OSSL_PARAM_construct_end()};
  if (context == nullptr || EVP_MAC_CTX_set_params(context, params) != 1) die("OpenSSL has no HMAC-SHA256");
  return context;
}

const EVP_MAC_CTX* keyless_hmac() {
  static const EVP_MAC_CTX* const context = make_keyless_hmac();
  return context;
}

}  // namespace

Sha256Digest sha256(ByteView data) {
  Sha256Digest digest{};
  if (EVP_Digest(data.data(), data.size(), digest.data(), nullptr, openssl::sha256_algorithm(), nullptr) !=
      1) {
    die("SHA-256 failed");
  }
  return digest;
}

Sha256Digest hmac_sha256(ByteView key, ByteView data) {
  static constexpr std::uint8_t no_key = 0;  // a null pointer would mean "keep the key already set"
  const auto context = openssl::made<openssl::MacContext>(EVP_MAC_CTX_dup(keyless_hmac()));
  Sha256Digest code{};
  std::size_t size = 0;
  if (EVP_MAC_init(context.get(), key.empty() ? &no_key : key.data(), key.size(), nullptr) != 1 ||
      EVP_MAC_update(context.get(), data.data(), data.size()) != 1 ||
      EVP_MAC_final(context.get(), code.data(), &size, code.size()) != 1 || size != code.size()) {
    die("HMAC-SHA256 failed");
  }
  return code;
}

Secret hkdf_sha256(ByteView key, ByteView salt, ByteView info, std::size_t size) {
  Sha256Digest extracted = hmac_sha256(salt, key);  // RFC 5869, 2.2
  Bytes block(info.begin(), info.end());
  block.push_back(1);  // 2.3: T(1) alone
  Sha256Digest expanded = hmac_sha256(extracted, block);
  if (size > expanded.size()) die("HKDF: more than one block");
  Secret out(ByteView(expanded).first(size));
  wipe(std::span(reinterpret_cast<char*>(extracted.data()), extracted.size()));
  wipe(std::span(reinterpret_cast<char*>(expanded.data()), expanded.size()));
  return out;
}

Secret derive_key(ByteView key, std::string_view label) {
  Sha256Digest derived = hmac_sha256(key, as_bytes(label));
  Secret secret{ByteView(derived)};
  OPENSSL_cleanse(derived.data(), derived.size());
  return secret;
}

void fill_random(std::span<std::uint8_t> out) {
  if (out.size() > INT_MAX || RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) {
    die("no random numbers");
  }
}

Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  fill_random(bytes);
  return bytes;
}

}  // namespace latchkey::crypto
