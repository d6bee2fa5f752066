#ifndef LATCHKEY_ESP_PARTS_H
#define LATCHKEY_ESP_PARTS_H

#include "../../latchkey.h"

#include <mqtt_client.h>

/** The slots are blobs of NVS, in a namespace of their own. */
extern const struct lk_store latchkey_esp_store;
/** Opens the namespace. */
bool latchkey_esp_open_store(void);

/** What esp-mqtt reported, copied from its task for the device's. */
struct latchkey_esp_event {
  esp_mqtt_event_id_t kind;
  int number;  /* of a PUBACK: the message; of a SUBACK: whether it was granted; of an end: enum lk_reason */
  char* topic; /* of a part of a message: allocated, NULL in later parts */
  uint8_t* bytes; /* allocated */
  size_t offset, total, size;
};

/** Makes the queue; false if there is no memory. */
bool latchkey_esp_open_events(void);
/** The handler for esp-mqtt. */
void latchkey_esp_on_event(void* context, esp_event_base_t base, int32_t id, void* data);
/** Waits at most `wait_ms` for the next event, which latchkey_esp_free frees. */
bool latchkey_esp_next_event(struct latchkey_esp_event* event, uint32_t wait_ms);
void latchkey_esp_free(struct latchkey_esp_event* event);
/** Drops the events of a connection that is closed. */
void latchkey_esp_drop_events(void);

#endif
