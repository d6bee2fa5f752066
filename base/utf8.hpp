#pragma once

namespace latchkey {

/// Whether the byte is a further one of a UTF-8 character (RFC 3629, 3).
[[nodiscard]] constexpr bool continues_character(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace latchkey
