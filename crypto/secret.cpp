#include "crypto/secret.hpp"

#include <openssl/crypto.h>

namespace latchkey::crypto {

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
    other.bytes_.clear();
  }
  return *this;
}

void Secret::wipe() noexcept {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

void wipe(std::span<char> memory) noexcept {
  OPENSSL_cleanse(memory.data(), memory.size());
}

}  // namespace latchkey::crypto
