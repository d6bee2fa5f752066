#pragma once

#include "crypto/mac.hpp"

#include <algorithm>
#include <iterator>

namespace latchkey::crypto {

/// What `aead_open` opens, under a random IV.
[[nodiscard]] inline Bytes aead_seal(ByteView key, ByteView associated_data, ByteView plaintext) {
  Bytes sealed = random_bytes(aead_iv_bytes);
  const AeadText text = aead_encrypt(key, sealed, associated_data, plaintext);
  std::ranges::copy(text.ciphertext, std::back_inserter(sealed));
  std::ranges::copy(text.tag, std::back_inserter(sealed));
  return sealed;
}

}  // namespace latchkey::crypto
