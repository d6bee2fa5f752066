#include "lk_base.h"

char lk_base64_letter(uint32_t bits, enum lk_base64 form) {
  const uint32_t value = bits & 63U;
  if (value < 26) return (char)('A' + value);
  if (value < 52) return (char)('a' + (value - 26));
  if (value < 62) return (char)('0' + (value - 52));
  if (form == LK_BASE64URL) return value == 62 ? '-' : '_';
  return value == 62 ? '+' : '/';
}

/* Returns 64 for a byte that is not a letter of this form. */
static uint32_t value_of(uint8_t letter, enum lk_base64 form) {
  if (letter >= 'A' && letter <= 'Z') return (uint32_t)(letter - 'A');
  if (letter >= 'a' && letter <= 'z') return (uint32_t)(letter - 'a') + 26;
  if (letter >= '0' && letter <= '9') return (uint32_t)(letter - '0') + 52;
  if (letter == (form == LK_BASE64URL ? '-' : '+')) return 62;
  if (letter == (form == LK_BASE64URL ? '_' : '/')) return 63;
  return 64;
}

size_t lk_base64_decode(struct lk_bytes text, enum lk_base64 form, uint8_t* out) {
  uint8_t* const begin = out;
  uint32_t bits = 0;
  unsigned count = 0;
  size_t i;
  if (form == LK_BASE64) {
    if (text.size % 4 != 0) return LK_BASE64_BAD;
    if (text.size > 0 && text.data[text.size - 1] == '=') --text.size;
    if (text.size % 4 == 3 && text.data[text.size - 1] == '=') --text.size;
  }
  if (text.size % 4 == 1) return LK_BASE64_BAD;
  for (i = 0; i < text.size; ++i) {
    const uint32_t value = value_of(text.data[i], form);
    if (value == 64) return LK_BASE64_BAD;
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    *out++ = (uint8_t)(bits >> count);
  }
  if ((bits & ((1U << count) - 1U)) != 0) return LK_BASE64_BAD;
  return (size_t)(out - begin);
}

bool lk_decode(struct lk_slice* text, enum lk_base64 form) {
  const size_t size = lk_base64_decode(lk_view(*text), form, text->data);
  if (size == LK_BASE64_BAD) return false;
  text->size = size;
  return true;
}
