#include "crypto/mac.hpp"
#include "crypto/openssl.hpp"

#include <algorithm>
#include <climits>

namespace latchkey::crypto {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t iv_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t size_limit = 1U << 30;  // OpenSSL counts in int

void require_key(ByteView key) {
  if (key.size() != key_size) die("an AES-256 key must be 32 bytes");
}

int length_of(ByteView bytes) {
  if (bytes.size() > size_limit) die("too much data for one AES-GCM message");
  return static_cast<int>(bytes.size());
}

}  // namespace

Bytes aead_seal(ByteView key, ByteView associated_data, ByteView plaintext) {
  require_key(key);
  Bytes sealed(iv_size + plaintext.size() + tag_size);
  const std::span<std::uint8_t> iv = std::span(sealed).first(iv_size);
  fill_random(iv);
  std::uint8_t* const ciphertext = sealed.data() + iv_size;
  const auto context = openssl::made<openssl::CipherContext>(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* const c = context.get();
  int size = 0;
  if (EVP_EncryptInit_ex2(c, openssl::aes256_gcm_algorithm(), key.data(), iv.data(), nullptr) != 1 ||
      EVP_EncryptUpdate(c, nullptr, &size, associated_data.data(), length_of(associated_data)) != 1 ||
      EVP_EncryptUpdate(c, ciphertext, &size, plaintext.data(), length_of(plaintext)) != 1 ||
      EVP_EncryptFinal_ex(c, ciphertext + plaintext.size(), &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, tag_size, ciphertext + plaintext.size()) != 1) {
    die("AES-256-GCM failed");
  }
  return sealed;
}

Result<Secret> aead_open(ByteView key, ByteView associated_data, ByteView sealed) {
  require_key(key);
  if (sealed.size() < iv_size + tag_size) return fail(Fault::malformed, "sealed text too short");
  if (sealed.size() > size_limit) return fail(Fault::malformed, "sealed text too long");
  const ByteView ciphertext = sealed.subspan(iv_size, sealed.size() - iv_size - tag_size);
  std::array<std::uint8_t, tag_size> tag{};
  std::ranges::copy(sealed.last(tag_size), tag.begin());
  Secret plaintext(ciphertext.size());
  const auto context = openssl::made<openssl::CipherContext>(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* const c = context.get();
  int size = 0;
  if (EVP_DecryptInit_ex2(c, openssl::aes256_gcm_algorithm(), key.data(), sealed.data(), nullptr) != 1 ||
      EVP_DecryptUpdate(c, nullptr, &size, associated_data.data(), length_of(associated_data)) != 1 ||
      EVP_DecryptUpdate(c, plaintext.writable().data(), &size, ciphertext.data(), length_of(ciphertext)) !=
          1 ||
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) != 1) {
    return openssl::failed(Fault::internal, "AES-256-GCM failed");
  }
  if (EVP_DecryptFinal_ex(c, nullptr, &size) != 1) {
    return openssl::failed(Fault::bad_signature, "sealed text does not open under this key");
  }
  return plaintext;
}

}  // namespace latchkey::crypto
