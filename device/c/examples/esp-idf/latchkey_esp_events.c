#include "latchkey_esp_parts.h"

#include <freertos/FreeRTOS.h>
#include <freertos/queue.h>
#include <stdlib.h>
#include <string.h>

/* esp-mqtt calls its handler in its own task, and holds its lock. The handler must not wait for the device's
 * task, which may wait for that lock. So it drops what the queue has no room for: the service and the device
 * repeat lost messages. The connection's own events always find room: few are open at a time. */

enum { EVENTS = 24, RESERVED = 8 };

static QueueHandle_t queue;
static enum lk_reason failure;

bool latchkey_esp_open_events(void) {
  queue = xQueueCreate(EVENTS, sizeof(struct latchkey_esp_event));
  return queue != NULL;
}

static enum lk_reason reason_of(const esp_mqtt_error_codes_t* error) {
  const int flags = error->esp_tls_cert_verify_flags;
  const int dates = 0x01 | 0x0200; /* MBEDTLS_X509_BADCERT_EXPIRED, _FUTURE */
  if (error->error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED) return LK_LOGIN_REFUSED;
  if (flags == 0) return LK_NETWORK;
  return (flags & ~dates) == 0 ? LK_CERTIFICATE_DATES : LK_CERTIFICATE_REFUSED;
}

static bool copy_part(const esp_mqtt_event_t* from, struct latchkey_esp_event* event) {
  event->offset = (size_t)from->current_data_offset;
  event->total = (size_t)from->total_data_len;
  event->size = (size_t)from->data_len;
  event->bytes = malloc(event->size + 1);
  if (event->bytes == NULL) return false;
  memcpy(event->bytes, from->data, event->size);
  if (from->topic_len == 0) return true;
  event->topic = calloc(1, (size_t)from->topic_len + 1);
  if (event->topic == NULL) return false;
  memcpy(event->topic, from->topic, (size_t)from->topic_len);
  return true;
}

void latchkey_esp_on_event(void* context, esp_event_base_t base, int32_t id, void* data) {
  const esp_mqtt_event_t* const from = data;
  struct latchkey_esp_event event;
  bool is_kept = true;
  (void)context;
  (void)base;
  memset(&event, 0, sizeof event);
  event.kind = (esp_mqtt_event_id_t)id;
  if (event.kind == MQTT_EVENT_BEFORE_CONNECT) failure = LK_NETWORK;
  if (event.kind == MQTT_EVENT_ERROR && failure == LK_NETWORK) failure = reason_of(from->error_handle);
  if (event.kind == MQTT_EVENT_PUBLISHED) event.number = from->msg_id;
  if (event.kind == MQTT_EVENT_SUBSCRIBED) event.number = from->data_len > 0 && (uint8_t)from->data[0] < 0x80;
  if (event.kind == MQTT_EVENT_DISCONNECTED) event.number = (int)failure;
  if (event.kind == MQTT_EVENT_DATA)
    is_kept = uxQueueSpacesAvailable(queue) > RESERVED && copy_part(from, &event);
  if (!is_kept || xQueueSend(queue, &event, 0) != pdTRUE) latchkey_esp_free(&event);
}

bool latchkey_esp_next_event(struct latchkey_esp_event* event, uint32_t wait_ms) {
  return xQueueReceive(queue, event, pdMS_TO_TICKS(wait_ms)) == pdTRUE;
}

void latchkey_esp_free(struct latchkey_esp_event* event) {
  free(event->topic);
  free(event->bytes);
}

void latchkey_esp_drop_events(void) {
  struct latchkey_esp_event event;
  while (latchkey_esp_next_event(&event, 0))
    latchkey_esp_free(&event);
}
