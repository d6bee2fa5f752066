#ifndef LK_BASE_H
#define LK_BASE_H

#include "../lk_bytes.h"

/* Bytes and numbers. Private to the library, as all headers of this folder. */

/** Bytes that may be changed in place. */
struct lk_slice {
  uint8_t* data;
  size_t size;
};

struct lk_bytes lk_view(struct lk_slice slice);
struct lk_bytes lk_text(const char* text);
bool lk_same(struct lk_bytes a, struct lk_bytes b);
/** In a time that does not depend on the content. */
bool lk_same_secret(const uint8_t* a, const uint8_t* b, size_t size);
/** Is not optimised away. */
void lk_wipe(void* memory, size_t size);

/* Numbers, most significant byte first. */
void lk_put_u32(uint8_t* out, uint32_t value);
uint32_t lk_get_u32(const uint8_t* in);
size_t lk_get_u16(const uint8_t* in);

/* Base64, strict: no white space, no stray bits. */
enum lk_base64 { LK_BASE64, LK_BASE64URL };
#define LK_BASE64_BAD SIZE_MAX
/** The size of what was decoded to `out`, which may be the text's own place; LK_BASE64_BAD if it is none. */
size_t lk_base64_decode(struct lk_bytes text, enum lk_base64 form, uint8_t* out);
/** In place; false if it is none. */
bool lk_decode(struct lk_slice* text, enum lk_base64 form);
/** The letter of six bits. */
char lk_base64_letter(uint32_t bits, enum lk_base64 form);

#endif
