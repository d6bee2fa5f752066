#pragma once

#include "crypto/bytes.hpp"

// Private to this folder.
namespace latchkey::crypto {

/// Writes all of it; false with errno if that fails.
[[nodiscard]] bool write_fully(int descriptor, ByteView content);

}  // namespace latchkey::crypto
