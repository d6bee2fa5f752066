#include "device/c/examples/linux/options.h"
#include "device/c/examples/linux/report.h"
#include "flash.h"
#include "modem.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A device whose storage and loop are those of docs/microcontrollers.md, as they stand there. */

void device_task(void); /* the page's loop */
void mqtt_subscribe_at_once(const char* filter);
void fill_in(struct lk_setup* setup); /* what it calls */
bool use_config(struct lk_bytes json);
extern const struct lk_log my_log;

void remark(const char* what, const char* more) {
  (void)fprintf(stderr, "%s%s\n", what, more);
}

static void on_event(void* context, const struct lk_event* event) {
  report.report(context, event);
}

const struct lk_log my_log = {NULL, on_event};

bool use_config(struct lk_bytes json) {
  report_config(json, false); /* the test wants to see it */
  return true;
}

void mqtt_subscribe_at_once(const char* filter) {
  (void)filter; /* the test's fleet has no rights */
}

/* What the factory wrote is a list: device id, key, host, port, user name, password, anchor. Each text has
 * its NUL. */
static struct lk_bytes take(struct lk_list* list) {
  struct lk_bytes item;
  if (!lk_list_next(list, &item)) abort();
  return item;
}

static const char* take_text(struct lk_list* list) {
  return (const char*)take(list).data;
}

void fill_in(struct lk_setup* setup) {
  static unsigned char factory[FLASH_FACTORY];
  static struct lk_bytes anchor;
  struct lk_list list = {factory, sizeof factory};
  if (!flash_read_factory(factory)) abort();
  memset(setup, 0, sizeof *setup);
  setup->device_id = take_text(&list);
  setup->proof = LK_PROOF_KEY;
  setup->key = take(&list);
  setup->attributes = "{\"model\":\"MPS2\"}";
  setup->host = take_text(&list);
  setup->port = (uint16_t)strtoul(take_text(&list), NULL, 10);
  setup->username = take_text(&list);
  setup->password = take_text(&list);
  anchor = take(&list);
  setup->anchors = &anchor;
  setup->anchors_size = 1;
  setup->patience_ms = 5000;
}

/* The names of files on the host: the flash, where the steps go, and the two of the modem. */
int main(int argc, char** argv) {
  if (argc != 4 || !flash_open(argv[0]) || freopen(argv[1], "w", stdout) == NULL ||
      !modem_open(argv[2], argv[3]) || psa_crypto_init() != PSA_SUCCESS)
    return EXIT_FAILURE;
  report_as(true, false, true);
  device_task();
  return EXIT_FAILURE; /* the setup cannot be used */
}
