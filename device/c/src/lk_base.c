#include "lk_base.h"

#include <string.h>

struct lk_bytes lk_view(struct lk_slice slice) {
  struct lk_bytes bytes = {slice.data, slice.size};
  return bytes;
}

struct lk_bytes lk_text(const char* text) {
  struct lk_bytes bytes = {(const uint8_t*)text, text == NULL ? 0 : strlen(text)};
  return bytes;
}

bool lk_same(struct lk_bytes a, struct lk_bytes b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool lk_same_secret(const uint8_t* a, const uint8_t* b, size_t size) {
  uint8_t difference = 0;
  size_t i;
  for (i = 0; i < size; ++i)
    difference = (uint8_t)(difference | (a[i] ^ b[i]));
  return difference == 0;
}

void lk_wipe(void* memory, size_t size) {
  volatile uint8_t* at = memory;
  while (size-- > 0)
    *at++ = 0;
}

void lk_put_u32(uint8_t* out, uint32_t value) {
  int i;
  for (i = 3; i >= 0; --i, value >>= 8)
    out[i] = (uint8_t)value;
}

uint32_t lk_get_u32(const uint8_t* in) {
  uint32_t value = 0;
  int i;
  for (i = 0; i < 4; ++i)
    value = value << 8 | in[i];
  return value;
}

size_t lk_get_u16(const uint8_t* in) {
  return (size_t)in[0] << 8 | in[1];
}

bool lk_list_next(struct lk_list* list, struct lk_bytes* item) {
  size_t size;
  if (list->size < 2) return false;
  size = lk_get_u16(list->data);
  if (size > list->size - 2) return false;
  item->data = list->data + 2;
  item->size = size;
  list->data += 2 + size;
  list->size -= 2 + size;
  return true;
}
