#include "lk_internal.h"

#include <string.h>

/* What to try next: each stored credential with each of its connections, newest first, and after them the
 * bootstrap connection. */

#define LONGEST_PAUSE LK_SECONDS(6 * 3600)
#define SHORTEST_ROUND LK_SECONDS(1)
#define PAUSE_AFTER_DAMAGE LK_SECONDS(60)
#define PAUSE_UNCONFIRMED LK_SECONDS(60)

uint32_t lk_patience(const struct lk_device* device) {
  return device->setup->patience_ms == 0 ? LK_SECONDS(60) : device->setup->patience_ms >> LK_TICK_BITS;
}

static bool has_expired(const struct lk_device* device, unsigned index) {
  const uint32_t now = lk_guess_now(device);
  return now != 0 && device->credentials[index].not_after < now;
}

/* A credential that has just come is always tried, even if it has expired by the device's clock. */
static bool is_usable(const struct lk_device* device, unsigned index) {
  const uint32_t generation = device->credentials[index].generation;
  return generation != 0 && (generation == device->issued || !has_expired(device, index));
}

/* The index of the newer credential. */
static unsigned newest(const struct lk_device* device) {
  return device->credentials[1].generation > device->credentials[0].generation ? 1 : 0;
}

/* Counts the places, and selects the one with this number (0: the newest), if there is one. */
static unsigned find_place(struct lk_device* device, unsigned number) {
  unsigned count = 0, i, moved;
  for (i = 0; i < 2; ++i) {
    const unsigned index = i == 0 ? newest(device) : 1 - newest(device);
    if (!is_usable(device, index)) continue;
    for (moved = device->moving == device->credentials[index].generation ? 2 : 1; moved > 0;
         --moved, ++count) {
      if (count != number) continue;
      device->place = (uint8_t)index;
      device->place_is_moved = moved == 2;
    }
  }
  return count;
}

void lk_new_session(struct lk_device* device) {
  uint8_t bytes[12] = {0};
  const struct lk_bytes view = {bytes, sizeof bytes};
  struct lk_writer writer = lk_write_to((uint8_t*)device->session.name, sizeof device->session.name - 1);
  if (device->session.said != LK_STATUS_NONE)
    memcpy(device->previous, device->session.name, sizeof device->previous);
  memset(&device->session, 0, sizeof device->session);
  device->session.next_status = device->session.next_apply = LK_NEVER;
  (void)lk_random(device, bytes, sizeof bytes);
  lk_write_base64url(&writer, view);
}

static void operate(struct lk_device* device) {
  device->mode = LK_MODE_OPERATE;
  device->has_worked = false;
  device->reconnects = 0;
  device->renew_not_before = 0;
  device->exchange.is_open = false;
  device->give_up_at = device->now + lk_patience(device);
  lk_new_session(device);
  device->link = LK_TO_CONNECT;
}

static void sleep(struct lk_device* device, uint32_t until) {
  device->mode = LK_MODE_DECIDE;
  device->link = LK_DOWN;
  device->wake_at = until;
}

/* An expired certificate opens no connection, but its key may still sign a request (docs/protocol.md, 2).
 * Returns 1 + its index; 0: there is none. */
static uint8_t expired_proof(const struct lk_device* device) {
  unsigned i;
  for (i = 0; i < 2 && !device->skips_expired; ++i) {
    const unsigned index = i == 0 ? newest(device) : 1 - newest(device);
    if (device->credentials[index].generation != 0 && has_expired(device, index)) return (uint8_t)(index + 1);
  }
  return 0;
}

static void enrol(struct lk_device* device, unsigned places) {
  const bool has_credential =
      device->credentials[0].generation != 0 || device->credentials[1].generation != 0;
  const uint8_t renews = expired_proof(device);
  if (device->now < device->ask_not_before) {
    device->failed = 0; /* meanwhile the device tries its places again, if it has any */
    sleep(device, places == 0 ? device->ask_not_before : device->now + SHORTEST_ROUND);
    return;
  }
  device->mode = LK_MODE_ENROL;
  if (renews != 0) lk_tell(device, LK_EVENT_RENEWING, NULL, device->credentials[renews - 1].generation);
  if (!lk_exchange_begin(device, renews, renews == 0 && !has_credential)) {
    sleep(device, device->now + lk_patience(device));
    return;
  }
  if (!device->exchange.insists) device->exchange.deadline = device->now + lk_patience(device);
  device->reconnects = 0;
  device->link = LK_TO_CONNECT;
}

void lk_decide(struct lk_device* device) {
  const unsigned places = find_place(device, device->failed);
  if (device->failed < places)
    operate(device);
  else
    enrol(device, places);
}

void lk_leave(struct lk_device* device) {
  device->is_leaving = true;
  device->failed = 0;
  if (device->link == LK_UP) device->link = device->mode == LK_MODE_OPERATE ? LK_GOODBYE : LK_TO_CLOSE;
}

void lk_close(struct lk_device* device) {
  device->is_leaving = true;
  if (device->link == LK_DOWN || device->link == LK_TO_CONNECT) {
    device->is_leaving = false;
    sleep(device, device->now);
  } else if (device->link <= LK_UP) {
    device->link = LK_TO_CLOSE;
  }
}

/* To try the newest place again, the device must end a connection that works, so the pauses grow. */
void lk_place_failed(struct lk_device* device) {
  uint32_t pause = lk_patience(device) * 4;
  uint8_t i;
  for (i = 0; i < device->retries && pause < LONGEST_PAUSE; ++i)
    pause *= 2;
  if (pause > LONGEST_PAUSE) pause = LONGEST_PAUSE;
  if (device->last_error == NULL) device->last_error = "no configuration came";
  lk_remark(device, device->last_error);
  if (device->retries < 16) ++device->retries;
  ++device->failed;
  device->again_at = device->now + lk_jittered(device, pause);
}

/* A request on the bootstrap connection has ended. */
static void end_enrolment(struct lk_device* device, enum lk_result result) {
  const bool is_renewal = device->exchange.renews > 0;
  device->exchange.is_open = false;
  lk_close(device);
  device->skips_expired = is_renewal && result == LK_REFUSED; /* the factory's proof comes next */
  if (device->skips_expired) return;
  device->failed = 0;
  if (result == LK_STORED)
    device->exchange.rejections = 0;
  else
    device->ask_not_before = device->exchange.not_before;
  if (result == LK_DAMAGED) device->ask_not_before = device->now + lk_patience(device);
}

void lk_end_exchange(struct lk_device* device, enum lk_result result) {
  if (result == LK_GOES_ON) return;
  if (device->mode == LK_MODE_ENROL) {
    end_enrolment(device, result);
    return;
  }
  device->exchange.is_open = false;
  if (result == LK_STORED) {
    lk_tell(device, LK_EVENT_RENEWED, NULL, device->issued);
    lk_leave(device);
    return;
  }
  lk_remark(device, "the credential is not renewed yet; the device keeps the one that it has");
  device->renew_not_before = device->now + PAUSE_AFTER_DAMAGE;
}

/* If a newer connection did not work, the device tries it again. If a newer credential did not work, the
 * device requests another one instead. */
uint32_t lk_renewal_timer(const struct lk_device* device) {
  const uint32_t renew_after = device->credentials[device->place].renew_after;
  uint32_t now, left, at = device->renew_not_before;
  if (!device->session.is_answered || device->link != LK_UP || device->exchange.is_open) return LK_NEVER;
  if (device->failed > 0) return device->again_at > at ? device->again_at : at;
  now = lk_guess_now(device);
  if (now == 0 || renew_after == 0) return LK_NEVER;
  left = renew_after > now ? renew_after - now : 0;
  left = LK_SECONDS(left < LK_DAY ? left : LK_DAY);
  return device->now + left > at ? device->now + left : at;
}

/* The next credential would overwrite the older one. Until this one is confirmed, the older one may be the
 * only one that works (docs/protocol.md, 7). */
static bool needs_older(const struct lk_device* device) {
  const uint32_t generation = device->credentials[device->place].generation;
  const uint32_t other = device->credentials[1U - device->place].generation;
  return other != 0 && other < generation && device->confirmed < generation;
}

void lk_renew(struct lk_device* device) {
  const struct lk_known_credential* const known = &device->credentials[device->place];
  const bool is_password = known->not_after == LK_NEVER; /* the factory's proof signs the request then */
  if (device->failed > 0 && device->place == newest(device)) {
    lk_leave(device);
    return;
  }
  if (needs_older(device)) {
    device->renew_not_before = device->now + PAUSE_UNCONFIRMED;
    lk_say(device, LK_STATUS_CONNECTED);
    return;
  }
  lk_tell(device, LK_EVENT_RENEWING, NULL, known->generation);
  if (lk_exchange_begin(device, is_password ? 0 : (uint8_t)(device->place + 1), true))
    lk_exchange_on_up(device);
  else
    lk_end_exchange(device, LK_DAMAGED);
}
