#ifndef LK_BYTES_H
#define LK_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes that belong to somebody else. Empty: `data` may be NULL. */
struct lk_bytes {
  const uint8_t* data;
  size_t size;
};

/** Byte strings one after the other, each with its length before it. */
struct lk_list {
  const uint8_t* data;
  size_t size;
};

/** Takes the next byte string from the front of the list; false at its end. */
bool lk_list_next(struct lk_list* list, struct lk_bytes* item);

#ifdef __cplusplus
}
#endif

#endif
