#include "lk_internal.h"

/* The application applies a configuration after it is stored, so that a power cut loses none. */

static void applied(struct lk_device* device) {
  struct lk_session* const session = &device->session;
  if (!lk_store_number(device, LK_SLOT_APPLIED, device->config_version)) {
    device->failure = NULL;
    lk_fail(device, "config_not_stored", "it cannot be stored that the configuration is applied");
    session->failed_version = device->config_version;
    session->next_apply = device->now + lk_backoff(device, &session->applies);
    return;
  }
  device->applied_version = device->config_version;
  session->applies = 0;
  session->is_reported = false;
  lk_tell(device, LK_EVENT_APPLIED, NULL, device->applied_version);
  if (device->link == LK_UP && session->is_answered) lk_become_ready(device);
}

void lk_config_applied(struct lk_device* device, uint32_t version, bool ok, const char* why) {
  struct lk_session* const session = &device->session;
  if (!device->is_applying) return;
  device->is_applying = false;
  if (version != device->config_version) return;
  if (ok) {
    applied(device);
    return;
  }
  session->failed_version = version;
  session->next_apply = device->now + lk_backoff(device, &session->applies);
  device->failure = NULL; /* so that lk_fail reports every attempt */
  lk_fail(device, "config_refused", why != NULL ? why : "the application refused it");
}

size_t lk_read_config(const struct lk_device* device, uint8_t* json, size_t room, uint32_t* version,
                      bool* was_sealed) {
  const size_t size = device->store->get(device->store->context, LK_SLOT_CONFIG, json, room);
  size_t i;
  *version = device->applied_version;
  *was_sealed = size > 0 && room > 0 && (json[0] & 0x80) != 0;
  if (size < 5 || device->config_version == 0) return 0;
  for (i = 5; i < size && i < room; ++i)
    json[i - 5] = json[i];
  return size - 5;
}
