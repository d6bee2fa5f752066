#include "lk_json_token.h"

#include <string.h>

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Takes the four digits of an escape: a UTF-16 code unit. */
static const uint8_t* take_unit(const uint8_t* at, const uint8_t* end, uint32_t* unit) {
  int i;
  *unit = 0;
  if (end - at < 4) return NULL;
  for (i = 0; i < 4; ++i, ++at) {
    if (!is_hex(*at)) return NULL;
    *unit = *unit << 4 | (uint32_t)(*at <= '9' ? *at - '0' : (*at | 0x20) - 'a' + 10);
  }
  return at;
}

/* `at` is the byte after the backslash. */
static const uint8_t* take_escape(const uint8_t* at, const uint8_t* end) {
  uint32_t unit, low;
  if (at == end) return NULL;
  if (*at != 'u') return *at != 0 && strchr("\"\\/bfnrt", *at) != NULL ? at + 1 : NULL;
  at = take_unit(at + 1, end, &unit);
  if (at == NULL || unit == 0 || (unit >= 0xDC00 && unit < 0xE000)) return NULL;
  if (unit < 0xD800 || unit >= 0xE000) return at;
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return NULL;
  at = take_unit(at + 2, end, &low);
  return at != NULL && low >= 0xDC00 && low < 0xE000 ? at : NULL;
}

/* A character of two to four bytes, in the shortest form, not a surrogate, at most U+10FFFF (RFC 3629). */
static const uint8_t* take_character(const uint8_t* at, const uint8_t* end) {
  static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
  const uint8_t lead = *at++;
  const int more = lead >= 0xC2 && lead < 0xE0   ? 1
                   : lead >= 0xE0 && lead < 0xF0 ? 2
                   : lead >= 0xF0 && lead < 0xF5 ? 3
                                                 : 0;
  uint32_t code = lead & (0x3FU >> more);
  int i;
  if (more == 0 || end - at < more) return NULL;
  for (i = 0; i < more; ++i, ++at) {
    if ((*at & 0xC0) != 0x80) return NULL;
    code = code << 6 | (*at & 0x3FU);
  }
  if (code < least[more] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return NULL;
  return at;
}

const uint8_t* lk_json_take_text(const uint8_t* at, const uint8_t* end) {
  if (at == end || *at != '"') return NULL;
  ++at;
  while (at != NULL && at != end) {
    if (*at == '"') return at + 1;
    if (*at < 0x20) return NULL;
    if (*at == '\\')
      at = take_escape(at + 1, end);
    else if (*at < 0x80)
      ++at;
    else
      at = take_character(at, end);
  }
  return NULL;
}

static const uint8_t* take_digits(const uint8_t* at, const uint8_t* end) {
  while (at != end && is_digit(*at))
    ++at;
  return at;
}

static bool is_within_2_53(const uint8_t* digits, size_t size) {
  static const char greatest[] = "9007199254740991";
  return size < sizeof greatest - 1 || (size == sizeof greatest - 1 && memcmp(digits, greatest, size) <= 0);
}

/* For a number with a fraction or an exponent, whose digits the arguments are: is its power of ten at most
 * 10^308, that of the greatest double? With a negative exponent it counts as small enough. */
static bool is_finite(struct lk_bytes whole, struct lk_bytes fraction, struct lk_bytes exponent,
                      bool is_negative) {
  int power = 0, magnitude = (int)whole.size - 1;
  size_t i;
  for (i = 0; i < exponent.size && power < 20000; ++i)
    power = power * 10 + (exponent.data[i] - '0');
  if (whole.data[0] == '0') { /* then the fraction has the first significant digit */
    for (i = 0; i < fraction.size && fraction.data[i] == '0'; ++i) {
    }
    if (i == fraction.size) return true;
    magnitude = -(int)i - 1;
  }
  return is_negative || magnitude + power <= 308;
}

/* `at` is the byte after `e` or `E`. */
static const uint8_t* take_exponent(const uint8_t* at, const uint8_t* end, struct lk_bytes* digits,
                                    bool* is_negative) {
  if (at != end && (*at == '+' || *at == '-')) *is_negative = *at++ == '-';
  digits->data = at;
  at = take_digits(at, end);
  digits->size = (size_t)(at - digits->data);
  return digits->size > 0 ? at : NULL;
}

const uint8_t* lk_json_take_number(const uint8_t* at, const uint8_t* end, enum lk_json_kind* kind) {
  const bool is_negative = at != end && *at == '-';
  struct lk_bytes whole, fraction = {NULL, 0}, exponent = {NULL, 0};
  bool has_negative_exponent = false;
  if (is_negative) ++at;
  whole.data = at;
  at = take_digits(at, end);
  whole.size = (size_t)(at - whole.data);
  if (whole.size == 0 || (whole.size > 1 && whole.data[0] == '0')) return NULL;
  *kind = is_negative ? LK_JSON_OTHER : LK_JSON_INTEGER;
  if (at == end || (*at != '.' && (*at | 0x20) != 'e'))
    return is_within_2_53(whole.data, whole.size) ? at : NULL;
  *kind = LK_JSON_OTHER;
  if (*at == '.') {
    fraction.data = ++at;
    at = take_digits(at, end);
    fraction.size = (size_t)(at - fraction.data);
    if (fraction.size == 0) return NULL;
  }
  if (at != end && (*at | 0x20) == 'e') at = take_exponent(at + 1, end, &exponent, &has_negative_exponent);
  return at != NULL && is_finite(whole, fraction, exponent, has_negative_exponent) ? at : NULL;
}

const uint8_t* lk_json_take_word(const uint8_t* at, const uint8_t* end, enum lk_json_kind* kind) {
  static const char* const words[] = {"true", "false", "null"};
  int i;
  for (i = 0; i < 3; ++i) {
    const size_t size = strlen(words[i]);
    if ((size_t)(end - at) < size || memcmp(at, words[i], size) != 0) continue;
    *kind = i < 2 ? LK_JSON_BOOLEAN : LK_JSON_OTHER;
    return at + size;
  }
  return NULL;
}
