#include "crypto/mac.hpp"
#include "crypto/openssl.hpp"

#include <algorithm>
#include <iterator>

namespace latchkey::crypto {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t size_limit = 1U << 30;  // OpenSSL counts in int

void require_key(ByteView key) {
  if (key.size() != key_size) die("an AES-256 key must be 32 bytes");
}

int length_of(ByteView bytes) {
  if (bytes.size() > size_limit) die("too much data for one AES-GCM message");
  return static_cast<int>(bytes.size());
}

}  // namespace

AeadText aead_encrypt(ByteView key, ByteView iv, ByteView associated_data, ByteView plaintext) {
  require_key(key);
  if (iv.size() != aead_iv_bytes) die("the IV of AES-256-GCM must be 12 bytes");
  AeadText out{.ciphertext = Bytes(plaintext.size()), .tag = {}};
  const auto context = openssl::made<openssl::CipherContext>(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* const c = context.get();
  int size = 0;
  if (EVP_EncryptInit_ex2(c, openssl::aes256_gcm_algorithm(), key.data(), iv.data(), nullptr) != 1 ||
      EVP_EncryptUpdate(c, nullptr, &size, associated_data.data(), length_of(associated_data)) != 1 ||
      EVP_EncryptUpdate(c, out.ciphertext.data(), &size, plaintext.data(), length_of(plaintext)) != 1 ||
      EVP_EncryptFinal_ex(c, nullptr, &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, aead_tag_bytes, out.tag.data()) != 1) {
    die("AES-256-GCM failed");
  }
  return out;
}

Result<Secret> aead_decrypt(ByteView key, ByteView iv, ByteView associated_data, ByteView ciphertext,
                            ByteView tag) {
  require_key(key);
  if (iv.size() != aead_iv_bytes || tag.size() != aead_tag_bytes) {
    return fail(Fault::malformed, "IV or tag of a wrong size");
  }
  if (ciphertext.size() > size_limit) return fail(Fault::malformed, "sealed text too long");
  std::array<std::uint8_t, aead_tag_bytes> expected{};  // OpenSSL takes a non-const pointer
  std::ranges::copy(tag, expected.begin());
  Secret plaintext(ciphertext.size());
  const auto context = openssl::made<openssl::CipherContext>(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* const c = context.get();
  int size = 0;
  if (EVP_DecryptInit_ex2(c, openssl::aes256_gcm_algorithm(), key.data(), iv.data(), nullptr) != 1 ||
      EVP_DecryptUpdate(c, nullptr, &size, associated_data.data(), length_of(associated_data)) != 1 ||
      EVP_DecryptUpdate(c, plaintext.writable().data(), &size, ciphertext.data(), length_of(ciphertext)) !=
          1 ||
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, aead_tag_bytes, expected.data()) != 1) {
    return openssl::failed(Fault::internal, "AES-256-GCM failed");
  }
  if (EVP_DecryptFinal_ex(c, nullptr, &size) != 1) {
    return openssl::failed(Fault::bad_signature, "sealed text does not open under this key");
  }
  return plaintext;
}

Result<Secret> aead_open(ByteView key, ByteView associated_data, ByteView sealed) {
  if (sealed.size() < aead_iv_bytes + aead_tag_bytes) return fail(Fault::malformed, "sealed text too short");
  const std::size_t size = sealed.size() - aead_iv_bytes - aead_tag_bytes;
  return aead_decrypt(key, sealed.first(aead_iv_bytes), associated_data, sealed.subspan(aead_iv_bytes, size),
                      sealed.last(aead_tag_bytes));
}

}  // namespace latchkey::crypto
