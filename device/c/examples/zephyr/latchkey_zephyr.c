#include "latchkey_zephyr.h"

#include "../../crypto/lk_psa.h"
#include "latchkey_zephyr_parts.h"

#include <zephyr/kernel.h>

enum { MESSAGE = 3072, LONGEST_WAIT_MS = 1000 };

static struct lk_device device;
static struct lk_store store;
static uint8_t message[MESSAGE], work[MESSAGE * 9 / 16 + 512];
static enum lk_reason failure;
static bool (*apply_config)(struct lk_bytes json);

static uint64_t now_ms(void) {
  return (uint64_t)k_uptime_get();
}

static void tell_time(void) {
  lk_on_time(&device, now_ms(), 0); /* with a real-time clock: its Unix seconds */
}

/* --- what happened */

void latchkey_zephyr_connected(bool ok) {
  tell_time();
  failure = ok ? LK_NETWORK : LK_LOGIN_REFUSED;
  if (ok) lk_on_connected(&device);
}

void latchkey_zephyr_subscribed(bool ok) {
  tell_time();
  lk_on_subscribed(&device, ok);
}

void latchkey_zephyr_published(uint16_t id) {
  tell_time();
  lk_on_published(&device, id);
}

void latchkey_zephyr_received(const char* topic, size_t offset, size_t total, struct lk_bytes part) {
  tell_time();
  lk_on_message_part(&device, topic, offset, total, part);
}

void latchkey_zephyr_lost(void) {
  tell_time();
  lk_on_disconnected(&device, failure);
}

/* --- what the device wants */

static void connect_to(const struct lk_connect* how) {
  failure = LK_NETWORK;
  if (latchkey_zephyr_connect(how)) return;
  tell_time();
  lk_on_disconnected(&device, LK_NETWORK);
}

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

static void wait_until(uint64_t until_ms) {
  const uint64_t now = now_ms(), wait_ms = until_ms <= now ? 0 : until_ms - now;
  latchkey_zephyr_wait(wait_ms < LONGEST_WAIT_MS ? (uint32_t)wait_ms : LONGEST_WAIT_MS);
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
      if (!latchkey_zephyr_subscribe(step.topic)) lk_on_subscribed(&device, false);
      break;
    case LK_PUBLISH:
      (void)latchkey_zephyr_publish(step.topic, step.payload, step.id); /* the library repeats it */
      break;
    case LK_APPLY:
      apply(&step.config);
      break;
    case LK_DISCONNECT:
      latchkey_zephyr_disconnect();
      lk_on_disconnected(&device, LK_NETWORK);
      break;
    default:
      wait_until(step.until_ms);
      break;
  }
}

void latchkey_zephyr_run(const struct lk_setup* setup, struct nvs_fs* storage,
                         bool (*apply_function)(struct lk_bytes json)) {
  const struct lk_buffers buffers = {message, sizeof message, work, sizeof work};
  store = latchkey_zephyr_store(storage);
  apply_config = apply_function;
  if (!lk_start(&device, setup, &lk_psa, &store, NULL, buffers)) return;
  use_stored_config();
  for (;;)
    turn();
}
