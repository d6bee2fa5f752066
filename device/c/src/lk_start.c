#include "lk_internal.h"

#include <string.h>

static bool is_device_id(const char* id) {
  const size_t size = id == NULL ? 0 : strlen(id);
  size_t i;
  if (size == 0 || size > 64) return false;
  for (i = 0; i < size; ++i) {
    const char c = id[i];
    const bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!is_alphanumeric && (i == 0 || (c != '.' && c != '_' && c != ':' && c != '-'))) return false;
  }
  return true;
}

static bool has_proof(const struct lk_setup* setup) {
  switch (setup->proof) {
    case LK_PROOF_KEY:
      return LK_HAS_SYMMETRIC && setup->key.size >= 32 && setup->key.size <= 64;
    case LK_PROOF_PRIVATE_KEY:
      return LK_HAS_P256 && setup->key.size > 0 && setup->anchors_size > 0;
    case LK_PROOF_TOKEN:
      return LK_HAS_P256 && setup->token != NULL && setup->anchors_size > 0;
    default:
      return false;
  }
}

static bool has_what_it_wants(const struct lk_setup* setup) {
  if (!LK_HAS_P256) return setup->wants_password && setup->no_encryption_key;
  return !setup->no_encryption_key || setup->proof == LK_PROOF_KEY;
}

bool lk_start(struct lk_device* device, const struct lk_setup* setup, const struct lk_crypto* crypto,
              const struct lk_store* store, const struct lk_log* log, struct lk_buffers buffers) {
  memset(device, 0, sizeof *device);
  if (!is_device_id(setup->device_id) || !has_proof(setup) || !has_what_it_wants(setup) ||
      setup->host == NULL)
    return false;
  if (buffers.message_size < 2048 || buffers.work_size < 512) return false;
  device->setup = setup;
  device->crypto = crypto;
  device->store = store;
  device->log = log;
  device->buffers = buffers;
  device->give_up_at = LK_NEVER;
  lk_load_known(device);
  lk_new_session(device);
  lk_tell(device, LK_EVENT_POWERED_ON, setup->device_id, 0);
  return true;
}
