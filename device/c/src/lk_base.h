#ifndef LK_BASE_H
#define LK_BASE_H

#include "../lk_bytes.h"

/* Bytes and numbers. All headers of this folder are private to the library. */

/** Bytes that may be changed in place. */
struct lk_slice {
  uint8_t* data;
  size_t size;
};

struct lk_bytes lk_view(struct lk_slice slice);
struct lk_bytes lk_text(const char* text);
bool lk_same(struct lk_bytes a, struct lk_bytes b);
/** Compares in a time that does not depend on the content. */
bool lk_same_secret(const uint8_t* a, const uint8_t* b, size_t size);

/* Numbers, most significant byte first. */
void lk_put_u32(uint8_t* out, uint32_t value);
uint32_t lk_get_u32(const uint8_t* in);
size_t lk_get_u16(const uint8_t* in);

/* Base64, strict: no white space, no stray bits. */
enum lk_base64 { LK_BASE64, LK_BASE64URL };
#define LK_BASE64_BAD SIZE_MAX
/** Decodes to `out`, which may be where the text is. Returns the size; LK_BASE64_BAD if it is not Base64. */
size_t lk_base64_decode(struct lk_bytes text, enum lk_base64 form, uint8_t* out);
/** Decodes in place. Returns false if the text is not Base64. */
bool lk_decode(struct lk_slice* text, enum lk_base64 form);
/** Returns the letter for the lowest six bits. */
char lk_base64_letter(uint32_t bits, enum lk_base64 form);

#endif
