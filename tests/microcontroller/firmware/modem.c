#include "modem.h"

#include "device/c/crypto/lk_psa.h"
#include "device/c/latchkey.h"
#include "device/c/lk_pem.h"
#include "semihosting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A frame: its kind, and the number of its items; each item with its length before it. */

enum { SYS_ELAPSED = 0x30, SYS_TICKFREQ = 0x31, PART = 500, PEM_ROOM = 8192 };

/* The page's loop. */
void mqtt_connected(void);
void mqtt_subscribed(bool ok);
void mqtt_published(uint16_t id);
void mqtt_disconnected(enum lk_reason reason);
void mqtt_received(const char* topic, size_t offset, size_t total, struct lk_bytes part);
/* What it calls. */
uint64_t uptime_ms(void);
void mqtt_connect(const struct lk_connect* how);
void mqtt_subscribe(const char* topic);
void mqtt_publish(const char* topic, struct lk_bytes payload, uint16_t id);
void mqtt_disconnect(void);
void mqtt_poll(uint64_t until_ms);

static FILE *commands, *events;

bool modem_open(const char* to, const char* from) {
  commands = fopen(to, "wb");
  events = fopen(from, "rb");
  return commands != NULL && events != NULL;
}

uint64_t uptime_ms(void) {
  uint64_t ticks = 0;
  (void)semihost(SYS_ELAPSED, &ticks);
  return ticks / ((unsigned)semihost(SYS_TICKFREQ, NULL) / 1000);
}

/* --- commands */

static void begin(char kind, int items) {
  (void)fputc(kind, commands);
  (void)fputc(items, commands);
}

static void add(const void* bytes, size_t size) {
  (void)fputc((int)(size >> 8), commands);
  (void)fputc((int)(size & 0xFF), commands);
  (void)fwrite(bytes, 1, size, commands);
}

static void add_text(const char* text) {
  add(text, text == NULL ? 0 : strlen(text));
}

static void add_number(uint32_t number) {
  char text[12];
  (void)snprintf(text, sizeof text, "%lu", (unsigned long)number);
  add_text(text);
}

static char pem[PEM_ROOM];

static size_t append_pem(size_t used, struct lk_bytes der) {
  return used + lk_certificate_pem(der, pem + used, sizeof pem - used);
}

static void add_certificates(const struct lk_bytes* first, size_t count, struct lk_list more) {
  struct lk_bytes der;
  size_t used = 0, i;
  for (i = 0; i < count; ++i)
    used = append_pem(used, first[i]);
  while (lk_list_next(&more, &der))
    used = append_pem(used, der);
  add(pem, used);
}

static void add_key(struct lk_bytes key) {
  add(pem, key.size == 0 ? 0 : lk_key_pem(&lk_psa, key.data, pem, sizeof pem));
}

void mqtt_connect(const struct lk_connect* how) {
  begin('C', 10);
  add_text(how->host);
  add_number(how->port);
  add_text(how->client_id);
  add_text(how->username);
  add(how->password.data, how->password.size);
  add_certificates(NULL, 0, how->chain);
  add_key(how->key);
  add_certificates(how->anchors, how->anchors_size, how->more_anchors);
  add_text(how->will_topic);
  add(how->will.data, how->will.size);
}

void mqtt_subscribe(const char* topic) {
  begin('S', 1);
  add_text(topic);
}

void mqtt_publish(const char* topic, struct lk_bytes payload, uint16_t id) {
  begin('P', 3);
  add_number(id);
  add_text(topic);
  add(payload.data, payload.size);
}

void mqtt_disconnect(void) {
  begin('D', 0);
}

/* --- events */

/* When the host has closed the file, the board has no power. */
static int take_byte(void) {
  const int byte = fgetc(events);
  if (byte == EOF) exit(1);
  return byte;
}

static size_t take_size(void) {
  const size_t high = (size_t)take_byte();
  return high << 8 | (size_t)take_byte();
}

static unsigned long take_number(void) {
  char text[12];
  const size_t size = take_size();
  if (size >= sizeof text || fread(text, 1, size, events) != size) exit(1);
  text[size] = '\0';
  return strtoul(text, NULL, 10);
}

/* Hands the message over as it comes in. */
static void take_message(void) {
  char topic[160];
  uint8_t bytes[PART];
  size_t size = take_size(), offset = 0;
  if (size >= sizeof topic || fread(topic, 1, size, events) != size) exit(1);
  topic[size] = '\0';
  for (size = take_size(); offset < size; offset += PART) {
    const struct lk_bytes part = {bytes, size - offset < PART ? size - offset : PART};
    if (fread(bytes, 1, part.size, events) != part.size) exit(1);
    mqtt_received(topic, offset, size, part);
  }
}

void mqtt_poll(uint64_t until_ms) {
  const uint64_t now = uptime_ms();
  const uint64_t wait_ms = until_ms <= now ? 0 : until_ms - now;
  begin('W', 1);
  add_number(wait_ms < 500 ? (uint32_t)wait_ms : 500);
  (void)fflush(commands);
  switch (take_byte()) {
    case 'c':
      mqtt_connected();
      break;
    case 's':
      mqtt_subscribed(take_number() != 0);
      break;
    case 'p':
      mqtt_published((uint16_t)take_number());
      break;
    case 'd':
      mqtt_disconnected((enum lk_reason)take_number());
      break;
    case 'm':
      take_message();
      break;
    default: /* nothing happened */
      break;
  }
}
