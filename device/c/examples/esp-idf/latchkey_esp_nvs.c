#include "latchkey_esp_parts.h"

#include <nvs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static nvs_handle_t storage;

bool latchkey_esp_open_store(void) {
  return nvs_open("latchkey", NVS_READWRITE, &storage) == ESP_OK;
}

static void name_of(enum lk_slot slot, char name[16]) {
  (void)snprintf(name, 16, "slot-%d", (int)slot);
}

/* NVS writes the new blob before it erases the old one. */
static bool put(void* context, enum lk_slot slot, const uint8_t* bytes, size_t size) {
  char name[16];
  esp_err_t error;
  (void)context;
  name_of(slot, name);
  error = size == 0 ? nvs_erase_key(storage, name) : nvs_set_blob(storage, name, bytes, size);
  if (size == 0 && error == ESP_ERR_NVS_NOT_FOUND) return true;
  return error == ESP_OK && nvs_commit(storage) == ESP_OK;
}

/* NVS gives all of a blob or nothing, and the library asks for beginnings too. */
static size_t get(void* context, enum lk_slot slot, uint8_t* bytes, size_t room) {
  char name[16];
  uint8_t* whole;
  size_t size = 0;
  (void)context;
  name_of(slot, name);
  if (nvs_get_blob(storage, name, NULL, &size) != ESP_OK || size == 0) return 0;
  whole = malloc(size);
  if (whole == NULL || nvs_get_blob(storage, name, whole, &size) != ESP_OK) size = 0;
  if (size > 0) {
    memcpy(bytes, whole, size < room ? size : room);
    lk_wipe(whole, size);
  }
  free(whole);
  return size;
}

const struct lk_store latchkey_esp_store = {NULL, put, get};
