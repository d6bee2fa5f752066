#include "lk_internal.h"

static uint32_t seconds_of(uint32_t ticks) {
  return ticks / 125 * 8 + ticks % 125 * 8 / 125;
}

uint32_t lk_now(const struct lk_device* device) {
  if (device->heard == LK_NEVER) return 0;
  return device->server_time + seconds_of(device->now - device->heard);
}

uint32_t lk_guess_now(const struct lk_device* device) {
  if (device->heard != LK_NEVER) return lk_now(device);
  return device->clock_s > device->server_time ? device->clock_s : device->server_time;
}

/* The greatest time is stored before it counts, so that it never goes back. */
bool lk_learn_time(struct lk_device* device, uint32_t server_time) {
  if (device->heard != LK_NEVER && lk_now(device) >= server_time) return true;
  if (server_time > device->server_time) {
    if (!lk_store_number(device, LK_SLOT_CLOCK, server_time)) return false;
    device->server_time = server_time;
  }
  device->heard = device->now;
  return true;
}

bool lk_random(const struct lk_device* device, uint8_t* out, size_t size) {
  return device->crypto->random(device->crypto->context, out, size);
}

uint32_t lk_random_below(const struct lk_device* device, uint32_t limit) {
  uint8_t bytes[4] = {0, 0, 0, 0};
  (void)lk_random(device, bytes, sizeof bytes); /* without it there is no jitter, and no key either */
  return (uint32_t)((uint64_t)lk_get_u32(bytes) * limit >> 32);
}

uint32_t lk_jittered(const struct lk_device* device, uint32_t ceiling) {
  return ceiling / 2 + lk_random_below(device, ceiling - ceiling / 2);
}

uint32_t lk_backoff(const struct lk_device* device, uint8_t* step) {
  const uint32_t ceiling = *step < 6 ? LK_SECONDS(2) << *step : LK_SECONDS(120);
  if (*step < 6) ++*step;
  return lk_jittered(device, ceiling);
}
