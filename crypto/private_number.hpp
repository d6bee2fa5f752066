#pragma once

#include "crypto/key.hpp"

namespace latchkey::crypto {

/// The private number of an EC key, big-endian, of the curve's size (RFC 5915, 3).
[[nodiscard]] Secret private_number(const PrivateKey& key);

}  // namespace latchkey::crypto
