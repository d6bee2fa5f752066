#include "lk_der.h"

#include <string.h>

/* Where the content of the first element begins, and its size. */
static bool measure(struct lk_bytes rest, size_t* begin, size_t* size) {
  if (rest.size < 2) return false;
  *begin = 2;
  *size = rest.data[1];
  if (*size == 0x81) {
    if (rest.size < 3 || rest.data[2] < 0x80) return false;
    *begin = 3;
    *size = rest.data[2];
  } else if (*size == 0x82) {
    if (rest.size < 4 || rest.data[2] == 0) return false;
    *begin = 4;
    *size = lk_get_u16(rest.data + 2);
  } else if (*size >= 0x80) {
    return false;
  }
  return *size <= rest.size - *begin;
}

bool lk_der_take(struct lk_bytes* rest, uint8_t tag, struct lk_bytes* content) {
  size_t begin, size;
  if (!lk_der_next_is(*rest, tag) || !measure(*rest, &begin, &size)) return false;
  content->data = rest->data + begin;
  content->size = size;
  rest->data += begin + size;
  rest->size -= begin + size;
  return true;
}

bool lk_der_next_is(struct lk_bytes rest, uint8_t tag) {
  return rest.size > 0 && rest.data[0] == tag;
}

bool lk_der_take_any(struct lk_bytes* rest, struct lk_bytes* whole) {
  size_t begin, size;
  if (!measure(*rest, &begin, &size)) return false;
  whole->data = rest->data;
  whole->size = begin + size;
  rest->data += begin + size;
  rest->size -= begin + size;
  return true;
}

/* Returns 100 if these are not two digits. */
static uint32_t two_digits(const uint8_t* at) {
  if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9') return 100;
  return (uint32_t)(at[0] - '0') * 10 + (uint32_t)(at[1] - '0');
}

/* Days from 1970-01-01; years 1970 to 9999. */
static uint32_t days_of(uint32_t year, uint32_t month, uint32_t day) {
  static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  const uint32_t whole = year - 1970;
  const uint32_t last = month > 2 ? year : year - 1; /* the last year whose 29 February is before the date */
  const uint32_t leap = last / 4 - last / 100 + last / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
  return whole * 365 + leap + before[month - 1] + day - 1;
}

bool lk_der_take_time(struct lk_bytes* rest, uint32_t* seconds) {
  const bool is_short = lk_der_next_is(*rest, LK_DER_UTC_TIME);
  struct lk_bytes text;
  uint32_t part[7]; /* century, year, month, day, hours, minutes, seconds */
  size_t i;
  if (!lk_der_take(rest, is_short ? LK_DER_UTC_TIME : LK_DER_TIME, &text)) return false;
  if (text.size != (is_short ? 13U : 15U) || text.data[text.size - 1] != 'Z') return false;
  for (i = is_short ? 1 : 0; i < 7; ++i) {
    part[i] = two_digits(text.data + 2 * (is_short ? i - 1 : i));
    if (part[i] == 100) return false;
  }
  if (is_short) part[0] = part[1] < 50 ? 20 : 19;
  if (part[2] < 1 || part[2] > 12 || part[3] < 1 || part[3] > 31 || part[4] > 23 || part[5] > 59 ||
      part[6] > 59)
    return false;
  if (part[0] * 100 + part[1] < 1970) { /* earlier than any time that a device can have */
    *seconds = 0;
    return true;
  }
  if (part[0] * 100 + part[1] > 2105) {
    *seconds = UINT32_MAX - 1;
    return true;
  }
  *seconds =
      days_of(part[0] * 100 + part[1], part[2], part[3]) * 86400U + part[4] * 3600U + part[5] * 60U + part[6];
  return true;
}

/* A positive integer as 32 bytes. */
static bool take_number(struct lk_bytes* rest, uint8_t out[32]) {
  struct lk_bytes number;
  if (!lk_der_take(rest, LK_DER_INTEGER, &number) || number.size == 0 || (number.data[0] & 0x80) != 0)
    return false;
  if (number.size > 1 && number.data[0] == 0) {
    if ((number.data[1] & 0x80) == 0) return false;
    ++number.data;
    --number.size;
  }
  if (number.size > 32) return false;
  memset(out, 0, 32 - number.size);
  memcpy(out + 32 - number.size, number.data, number.size);
  return true;
}

bool lk_der_read_signature(struct lk_bytes der, uint8_t signature[64]) {
  struct lk_bytes pair;
  return lk_der_take(&der, LK_DER_SEQUENCE, &pair) && der.size == 0 && take_number(&pair, signature) &&
         take_number(&pair, signature + 32) && pair.size == 0;
}

static size_t write_number(const uint8_t number[32], uint8_t* out) {
  size_t zeros = 0, pad;
  while (zeros < 31 && number[zeros] == 0)
    ++zeros;
  pad = (size_t)(number[zeros] >> 7);
  out[0] = LK_DER_INTEGER;
  out[1] = (uint8_t)(32 - zeros + pad);
  out[2] = 0;
  memcpy(out + 2 + pad, number + zeros, 32 - zeros);
  return 2 + pad + 32 - zeros;
}

size_t lk_der_write_signature(const uint8_t signature[64], uint8_t out[72]) {
  size_t size = write_number(signature, out + 2);
  size += write_number(signature + 32, out + 2 + size);
  out[0] = LK_DER_SEQUENCE;
  out[1] = (uint8_t)size;
  return 2 + size;
}
