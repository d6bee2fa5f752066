#ifndef LATCHKEY_ZEPHYR_PARTS_H
#define LATCHKEY_ZEPHYR_PARTS_H

#include "../../latchkey.h"

#include <zephyr/fs/nvs.h>

struct lk_store latchkey_zephyr_store(struct nvs_fs* storage);

/* The connection. Zephyr's client calls back in latchkey_zephyr_wait only, in the thread of the device. */

/** Returns false if it cannot be opened. */
bool latchkey_zephyr_connect(const struct lk_connect* how);
bool latchkey_zephyr_subscribe(const char* topic);
bool latchkey_zephyr_publish(const char* topic, struct lk_bytes payload, uint16_t id);
void latchkey_zephyr_disconnect(void);
/** Waits for the connection or the time, and calls the functions below for what happened. */
void latchkey_zephyr_wait(uint32_t wait_ms);

void latchkey_zephyr_connected(bool ok);
void latchkey_zephyr_subscribed(bool ok);
void latchkey_zephyr_published(uint16_t id);
void latchkey_zephyr_received(const char* topic, size_t offset, size_t total, struct lk_bytes part);
void latchkey_zephyr_lost(void);

#endif
