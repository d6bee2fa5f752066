#ifndef LK_WRITER_H
#define LK_WRITER_H

#include "lk_base.h"

/* Writes a message into a buffer. What does not fit is dropped, and `overflowed` says so. */
struct lk_writer {
  uint8_t* at;
  uint8_t* end;
  uint32_t bits; /* base64url: bits that are not yet written */
  uint8_t count; /* how many bits these are */
  bool encodes;  /* what is written is encoded in base64url */
  bool overflowed;
};

struct lk_writer lk_write_to(uint8_t* buffer, size_t size);
void lk_write_byte(struct lk_writer* writer, uint8_t byte);
void lk_write_bytes(struct lk_writer* writer, struct lk_bytes bytes);
void lk_write(struct lk_writer* writer, const char* text);
void lk_write_number(struct lk_writer* writer, uint32_t number);
/** Standard base64 with padding. */
void lk_write_base64(struct lk_writer* writer, struct lk_bytes bytes);
void lk_write_base64url(struct lk_writer* writer, struct lk_bytes bytes);
/** Writes a JSON string with its quotes. A byte that is not printable ASCII becomes '?'. */
void lk_write_json(struct lk_writer* writer, const char* text);
/** What is written between the two calls is encoded in base64url. */
void lk_begin_base64url(struct lk_writer* writer);
void lk_end_base64url(struct lk_writer* writer);

#endif
