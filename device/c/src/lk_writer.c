#include "lk_writer.h"

struct lk_writer lk_write_to(uint8_t* buffer, size_t size) {
  struct lk_writer writer = {buffer, buffer + size, 0, 0, false, false};
  return writer;
}

static void put(struct lk_writer* writer, uint8_t byte) {
  if (writer->at == writer->end)
    writer->overflowed = true;
  else
    *writer->at++ = byte;
}

void lk_write_byte(struct lk_writer* writer, uint8_t byte) {
  if (!writer->encodes) {
    put(writer, byte);
    return;
  }
  writer->bits = writer->bits << 8 | byte;
  writer->count = (uint8_t)(writer->count + 8);
  while (writer->count >= 6) {
    writer->count = (uint8_t)(writer->count - 6);
    put(writer, (uint8_t)lk_base64_letter(writer->bits >> writer->count, LK_BASE64URL));
  }
}

void lk_begin_base64url(struct lk_writer* writer) {
  writer->encodes = true;
  writer->count = 0;
  writer->bits = 0;
}

void lk_end_base64url(struct lk_writer* writer) {
  if (writer->count > 0)
    put(writer, (uint8_t)lk_base64_letter(writer->bits << (6 - writer->count), LK_BASE64URL));
  writer->encodes = false;
}

void lk_write_bytes(struct lk_writer* writer, struct lk_bytes bytes) {
  size_t i;
  for (i = 0; i < bytes.size; ++i)
    lk_write_byte(writer, bytes.data[i]);
}

void lk_write(struct lk_writer* writer, const char* text) {
  lk_write_bytes(writer, lk_text(text));
}

void lk_write_number(struct lk_writer* writer, uint32_t number) {
  char digits[20];
  size_t count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0)
    lk_write_byte(writer, (uint8_t)digits[--count]);
}

static void write_base64(struct lk_writer* writer, struct lk_bytes bytes, enum lk_base64 form) {
  size_t i;
  for (i = 0; i < bytes.size; i += 3) {
    const size_t left = bytes.size - i;
    const uint32_t group = (uint32_t)bytes.data[i] << 16 | (left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0) |
                           (left > 2 ? bytes.data[i + 2] : 0);
    size_t letter;
    for (letter = 0; letter < 4; ++letter) {
      if (letter <= left)
        lk_write_byte(writer, (uint8_t)lk_base64_letter(group >> (18 - 6 * letter), form));
      else if (form == LK_BASE64)
        lk_write_byte(writer, '=');
    }
  }
}

void lk_write_base64(struct lk_writer* writer, struct lk_bytes bytes) {
  write_base64(writer, bytes, LK_BASE64);
}

void lk_write_base64url(struct lk_writer* writer, struct lk_bytes bytes) {
  write_base64(writer, bytes, LK_BASE64URL);
}

void lk_write_json(struct lk_writer* writer, const char* text) {
  lk_write_byte(writer, '"');
  for (; *text != '\0'; ++text) {
    const uint8_t c = (uint8_t)*text;
    if (c == '"' || c == '\\') lk_write_byte(writer, '\\');
    lk_write_byte(writer, c < 0x20 || c >= 0x7F ? '?' : c);
  }
  lk_write_byte(writer, '"');
}
