#ifndef LK_BYTES_H
#define LK_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes in memory that somebody else owns. If `size` is 0, `data` may be NULL. */
struct lk_bytes {
  const uint8_t* data;
  size_t size;
};

/** A sequence of byte strings. Before each one is its size, in two bytes, the most significant first. */
struct lk_list {
  const uint8_t* data;
  size_t size;
};

/** Removes the first byte string from the list. Returns false if the list is empty or damaged. */
bool lk_list_next(struct lk_list* list, struct lk_bytes* item);

/** Overwrites secrets with zeros. The compiler cannot remove it. */
void lk_wipe(void* memory, size_t size);

#ifdef __cplusplus
}
#endif

#endif
