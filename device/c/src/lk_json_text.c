#include "lk_json.h"

struct lk_json_reader lk_json_begin(struct lk_bytes text) {
  struct lk_json_reader reader = {text.data, text.data + text.size, {0, 0, 0}, 0};
  return reader;
}

static uint32_t hex4(const uint8_t* at) {
  uint32_t value = 0;
  int i;
  for (i = 0; i < 4; ++i) {
    const uint8_t c = at[i];
    value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

/* Returns the first byte of the character, and keeps the others for the next calls. */
static int utf8_of(struct lk_json_reader* reader, uint32_t code) {
  unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static const uint8_t first[] = {0, 0xC0, 0xE0, 0xF0};
  reader->left = (uint8_t)more;
  const int lead = (int)(first[more] | code >> (6 * more));
  unsigned i;
  for (i = 0; i < more; ++i)
    reader->rest[i] = (uint8_t)(0x80 | (code >> (6 * i) & 0x3F));
  return lead;
}

static int escaped(struct lk_json_reader* reader) {
  const uint8_t letter = *reader->at++;
  uint32_t code;
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'u':
      code = hex4(reader->at);
      reader->at += 4;
      if (code >= 0xD800 && code < 0xDC00) { /* the check has made sure that the other half follows */
        code = 0x10000 + ((code - 0xD800) << 10) + (hex4(reader->at + 2) - 0xDC00);
        reader->at += 6;
      }
      return utf8_of(reader, code);
    default:
      return letter;
  }
}

int lk_json_byte(struct lk_json_reader* reader) {
  if (reader->left > 0) return reader->rest[--reader->left];
  if (reader->at == reader->end) return -1;
  if (*reader->at != '\\') return *reader->at++;
  ++reader->at;
  return escaped(reader);
}

bool lk_json_equal(struct lk_bytes a, struct lk_bytes b) {
  struct lk_json_reader left = lk_json_begin(a), right = lk_json_begin(b);
  int byte;
  do {
    byte = lk_json_byte(&left);
    if (byte != lk_json_byte(&right)) return false;
  } while (byte >= 0);
  return true;
}

bool lk_json_is(struct lk_slice text, const char* other) {
  return text.data != NULL && lk_json_equal(lk_view(text), lk_text(other));
}

void lk_json_unescape(struct lk_slice* text) {
  struct lk_json_reader reader = lk_json_begin(lk_view(*text));
  uint8_t* out = text->data; /* never overtakes the reader: an escape is longer than its character */
  int byte;
  while ((byte = lk_json_byte(&reader)) >= 0)
    *out++ = (uint8_t)byte;
  text->size = (size_t)(out - text->data);
}

uint32_t lk_json_integer(struct lk_slice integer) {
  const uint32_t most = UINT32_MAX - 1;
  uint32_t value = 0;
  size_t i;
  for (i = 0; i < integer.size; ++i) {
    const uint32_t digit = (uint32_t)(integer.data[i] - '0');
    if (value > (most - digit) / 10) return most;
    value = value * 10 + digit;
  }
  return value;
}

bool lk_json_true(struct lk_slice boolean) {
  return boolean.size == 4;
}
