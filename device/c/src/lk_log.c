#include "lk_internal.h"

#include <string.h>

#if LK_HAS_LOG

void lk_report(const struct lk_device* device, const struct lk_event* event) {
  if (device->log != NULL) device->log->report(device->log->context, event);
}

void lk_tell(const struct lk_device* device, enum lk_event_kind kind, const char* text, uint32_t number) {
  struct lk_event event;
  memset(&event, 0, sizeof event);
  event.kind = kind;
  event.text = text;
  event.number = number;
  lk_report(device, &event);
}

void lk_remark(const struct lk_device* device, const char* text) {
  lk_tell(device, LK_EVENT_REMARK, text, 0);
}

#endif
