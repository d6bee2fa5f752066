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

/* `now` becomes 0, and what has passed is at 0 too. */
static void move_back(struct lk_device* device) {
  struct lk_exchange* const exchange = &device->exchange;
  struct lk_session* const session = &device->session;
  uint32_t* const times[] = {&exchange->next_send,  &exchange->not_before,   &exchange->deadline,
                             &exchange->believe_at, &session->unanswered,    &session->next_status,
                             &session->next_apply,  &device->heard,          &device->again_at,
                             &device->give_up_at,   &device->ask_not_before, &device->renew_not_before,
                             &device->wake_at};
  const uint32_t by = device->now;
  size_t i;
  if (device->heard != LK_NEVER) device->server_time = lk_now(device);
  for (i = 0; i < sizeof times / sizeof times[0]; ++i)
    if (*times[i] != LK_NEVER) *times[i] = *times[i] > by ? *times[i] - by : 0;
  device->skipped += by;
  device->now = 0;
}

void lk_advance(struct lk_device* device, uint64_t now_ms) {
  const uint32_t latest = (uint32_t)1 << 31;
  const uint64_t ticks = now_ms >> LK_TICK_BITS;
  if (ticks <= device->skipped + device->now) return;
  if (ticks - device->skipped > latest) move_back(device);
  if (ticks - device->skipped > latest) device->skipped = ticks - latest; /* it slept for four years */
  device->now = (uint32_t)(ticks - device->skipped);
}

/* A greater time is stored before the device uses it, so that time never goes back, not even after a power
 * cut. */
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
  (void)lk_random(device, bytes, sizeof bytes); /* a failure costs only the jitter */
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
