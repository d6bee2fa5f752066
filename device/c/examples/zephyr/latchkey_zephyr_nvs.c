#include "latchkey_zephyr_parts.h"

enum { FIRST_ENTRY = 0x4C00 };

/* NVS writes the new entry before it erases an old one. */
static bool put(void* context, enum lk_slot slot, const uint8_t* bytes, size_t size) {
  struct nvs_fs* const storage = context;
  const uint16_t entry = (uint16_t)(FIRST_ENTRY + (int)slot);
  if (size == 0) return nvs_delete(storage, entry) == 0;
  return nvs_write(storage, entry, bytes, size) >= 0; /* 0: it has this content already */
}

static size_t get(void* context, enum lk_slot slot, uint8_t* bytes, size_t room) {
  const ssize_t size = nvs_read(context, (uint16_t)(FIRST_ENTRY + (int)slot), bytes, room);
  return size < 0 ? 0 : (size_t)size;
}

struct lk_store latchkey_zephyr_store(struct nvs_fs* storage) {
  const struct lk_store store = {storage, put, get};
  return store;
}
