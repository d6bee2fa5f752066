#include "latchkey_esp.h"

#include "../../crypto/lk_psa.h"
#include "../../lk_pem.h"
#include "latchkey_esp_parts.h"

#include <esp_timer.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MESSAGE = 3072, PEM = 8192, LONGEST_WAIT_MS = 1000, FIRST_TIME_OF_A_SET_CLOCK = 1700000000 };

static struct lk_device device;
static uint8_t message[MESSAGE], work[MESSAGE * 9 / 16 + 512];
static char pem[PEM];
static size_t pem_used;
static esp_mqtt_client_handle_t client;
static int last_message;
static uint16_t last_id;
static bool (*apply_config)(struct lk_bytes json);

static uint64_t now_ms(void) {
  return (uint64_t)esp_timer_get_time() / 1000;
}

static void tell_time(void) {
  const time_t now = time(NULL); /* from 1970 on until SNTP or the application sets it */
  lk_on_time(&device, now_ms(), now < FIRST_TIME_OF_A_SET_CLOCK ? 0 : (uint32_t)now);
}

/* --- connecting */

/* esp-mqtt reads PEM, and does not copy it. NULL if there are no certificates. */
static const char* pem_of(const struct lk_bytes* first, size_t count, struct lk_list more) {
  const char* const begin = pem + pem_used;
  struct lk_bytes der;
  size_t i;
  for (i = 0; i < count; ++i)
    pem_used += lk_certificate_pem(first[i], pem + pem_used, sizeof pem - pem_used);
  while (lk_list_next(&more, &der))
    pem_used += lk_certificate_pem(der, pem + pem_used, sizeof pem - pem_used);
  if (pem + pem_used == begin) return NULL;
  ++pem_used; /* its NUL */
  return begin;
}

static const char* key_pem_of(struct lk_bytes key) {
  const char* const begin = pem + pem_used;
  const size_t size =
      key.size == 0 ? 0 : lk_key_pem(&lk_psa, key.data, pem + pem_used, sizeof pem - pem_used);
  if (size == 0) return NULL;
  pem_used += size + 1;
  return begin;
}

/* Without an anchor esp-mqtt would connect to any broker. */
static bool set_tls(const struct lk_connect* how, esp_mqtt_client_config_t* config) {
  memset(pem, 0, sizeof pem);
  pem_used = 0;
  config->broker.verification.certificate = pem_of(how->anchors, how->anchors_size, how->more_anchors);
  config->credentials.authentication.certificate = pem_of(NULL, 0, how->chain);
  config->credentials.authentication.key = key_pem_of(how->key);
  return config->broker.verification.certificate != NULL;
}

static void close_client(void) {
  if (client != NULL) (void)esp_mqtt_client_destroy(client);
  client = NULL;
  lk_wipe(pem, sizeof pem);
  latchkey_esp_drop_events();
}

static void set_will(const struct lk_connect* how, esp_mqtt_client_config_t* config) {
  if (how->will_topic == NULL) return;
  config->session.last_will.topic = how->will_topic;
  config->session.last_will.msg = (const char*)how->will.data;
  config->session.last_will.msg_len = (int)how->will.size;
  config->session.last_will.qos = 1;
}

/* esp-mqtt copies the login and the will. */
static bool open_client(const struct lk_connect* how) {
  char password[160];
  esp_mqtt_client_config_t config;
  memset(&config, 0, sizeof config);
  (void)snprintf(password, sizeof password, "%.*s", (int)how->password.size, (const char*)how->password.data);
  config.broker.address.hostname = how->host;
  config.broker.address.port = how->port;
  config.broker.address.transport = how->tls ? MQTT_TRANSPORT_OVER_SSL : MQTT_TRANSPORT_OVER_TCP;
  config.credentials.client_id = how->client_id;
  config.credentials.username = how->username;
  config.credentials.authentication.password = how->password.size == 0 ? NULL : password;
  config.network.disable_auto_reconnect = true; /* the library decides */
  set_will(how, &config);
  if (!how->tls || set_tls(how, &config)) client = esp_mqtt_client_init(&config);
  lk_wipe(password, sizeof password);
  return client != NULL &&
         esp_mqtt_client_register_event(client, MQTT_EVENT_ANY, latchkey_esp_on_event, NULL) == ESP_OK &&
         esp_mqtt_client_start(client) == ESP_OK;
}

static void connect_to(const struct lk_connect* how) {
  if (open_client(how)) return;
  close_client();
  tell_time();
  lk_on_disconnected(&device, LK_NETWORK);
}

/* --- what happened */

static void take_event(const struct latchkey_esp_event* event) {
  const struct lk_bytes part = {event->bytes, event->size};
  tell_time();
  switch (event->kind) {
    case MQTT_EVENT_CONNECTED:
      lk_on_connected(&device);
      break;
    case MQTT_EVENT_SUBSCRIBED:
      lk_on_subscribed(&device, event->number != 0);
      break;
    case MQTT_EVENT_PUBLISHED:
      if (event->number == last_message) lk_on_published(&device, last_id);
      break;
    case MQTT_EVENT_DATA:
      lk_on_message_part(&device, event->topic, event->offset, event->total, part);
      break;
    case MQTT_EVENT_DISCONNECTED:
      close_client();
      lk_on_disconnected(&device, (enum lk_reason)event->number);
      break;
    default:
      break;
  }
}

static void wait_until(uint64_t until_ms) {
  const uint64_t now = now_ms(), wait_ms = until_ms <= now ? 0 : until_ms - now;
  struct latchkey_esp_event event;
  if (!latchkey_esp_next_event(&event, wait_ms < LONGEST_WAIT_MS ? (uint32_t)wait_ms : LONGEST_WAIT_MS))
    return;
  take_event(&event);
  latchkey_esp_free(&event);
}

/* --- what the device wants */

static void apply(const struct lk_config* config) {
  const uint32_t version = config->version;
  const bool ok = apply_config(config->json);
  tell_time();
  lk_config_applied(&device, version, ok, "the application refused it");
}

static void use_stored_config(void) {
  struct lk_bytes json = {message, 0};
  uint32_t applied_version;
  bool was_sealed;
  json.size = lk_read_config(&device, message, sizeof message, &applied_version, &was_sealed);
  if (json.size > 0 && json.size + 5 <= sizeof message) (void)apply_config(json);
}

static void turn(void) {
  struct lk_step step;
  tell_time();
  lk_next(&device, &step);
  switch (step.action) {
    case LK_CONNECT:
      connect_to(&step.connect);
      break;
    case LK_SUBSCRIBE:
      if (esp_mqtt_client_subscribe_single(client, step.topic, 1) < 0) lk_on_subscribed(&device, false);
      break;
    case LK_PUBLISH:
      last_id = step.id;
      last_message = esp_mqtt_client_publish(client, step.topic, (const char*)step.payload.data,
                                             (int)step.payload.size, 1, 0);
      break;
    case LK_APPLY:
      apply(&step.config);
      break;
    case LK_DISCONNECT:
      if (client != NULL) (void)esp_mqtt_client_disconnect(client);
      close_client();
      lk_on_disconnected(&device, LK_NETWORK);
      break;
    default:
      wait_until(step.until_ms);
      break;
  }
}

void latchkey_esp_run(const struct lk_setup* setup, bool (*apply_function)(struct lk_bytes json)) {
  const struct lk_buffers buffers = {message, sizeof message, work, sizeof work};
  apply_config = apply_function;
  if (!latchkey_esp_open_store() || !latchkey_esp_open_events() ||
      !lk_start(&device, setup, &lk_psa, &latchkey_esp_store, NULL, buffers))
    return;
  use_stored_config();
  for (;;)
    turn();
}
