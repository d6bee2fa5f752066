#include "lk_internal.h"

uint64_t lk_now(const struct lk_device* device) {
  if (device->heard_ms == LK_NEVER) return 0;
  return device->server_time + (device->now_ms - device->heard_ms) / 1000;
}

uint64_t lk_guess_now(const struct lk_device* device) {
  if (device->heard_ms != LK_NEVER) return lk_now(device);
  return device->clock_s > device->server_time ? device->clock_s : device->server_time;
}

/* The greatest time is stored before it counts, so that it never goes back. */
bool lk_learn_time(struct lk_device* device, uint64_t server_time) {
  if (device->heard_ms != LK_NEVER && lk_now(device) >= server_time) return true;
  if (server_time > device->server_time) {
    if (!lk_store_number(device, LK_SLOT_CLOCK, server_time)) return false;
    device->server_time = server_time;
  }
  device->heard_ms = device->now_ms;
  return true;
}

bool lk_random(const struct lk_device* device, uint8_t* out, size_t size) {
  return device->crypto->random(device->crypto->context, out, size);
}

uint64_t lk_random_below(const struct lk_device* device, uint64_t limit) {
  uint8_t bytes[4] = {0, 0, 0, 0};
  (void)lk_random(device, bytes, sizeof bytes); /* without it there is no jitter, and no key either */
  return (((uint64_t)lk_get_u16(bytes) << 16 | lk_get_u16(bytes + 2)) * limit) >> 32;
}

uint64_t lk_jittered(const struct lk_device* device, uint64_t ceiling) {
  return ceiling / 2 + lk_random_below(device, ceiling - ceiling / 2);
}

uint64_t lk_backoff(const struct lk_device* device, uint8_t* step) {
  const uint64_t ceiling = *step < 6 ? (uint64_t)2000 << *step : 120000;
  if (*step < 6) ++*step;
  return lk_jittered(device, ceiling);
}
