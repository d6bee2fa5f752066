#pragma once

#include "crypto/bytes.hpp"

#include <string_view>

namespace latchkey::crypto {

/// Bytes of an even number of hexadecimal digits, as published vectors are written.
inline Bytes from_hex(std::string_view text) {
  const auto value = [](char digit) {
    return static_cast<unsigned>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
  };
  Bytes bytes;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    bytes.push_back(static_cast<std::uint8_t>(value(text[at]) << 4 | value(text[at + 1])));
  }
  return bytes;
}

inline Bytes to_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

}  // namespace latchkey::crypto
