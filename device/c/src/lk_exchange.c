#include "lk_internal.h"

#include <string.h>

/* Anybody on the shared bootstrap account can forge an unsigned refusal. So the device waits this long for a
 * signed answer before it believes one. */
#define DOUBT LK_SECONDS(1)

static bool make_request(const struct lk_device* device, struct lk_request* request) {
  const struct lk_crypto* const crypto = device->crypto;
  if (!lk_random(device, request->id, sizeof request->id)) return false;
#if LK_HAS_P256
  if (request->has_key && !crypto->make_key(crypto->context, request->key)) return false;
  if (request->has_encryption_key && !crypto->make_key(crypto->context, request->encryption_key))
    return false;
#endif
  (void)crypto;
  return lk_store_request(device, request);
}

/* A stored request is used only if it asks for the same kind of credential with the same proof. With another
 * credential the same request_id would be a conflict, and another proof changes who signs the answer. */
bool lk_exchange_take_request(struct lk_device* device, bool anew) {
  const uint8_t renews = device->exchange.renews;
  struct lk_request wanted, stored;
  bool done;
  memset(&wanted, 0, sizeof wanted);
  wanted.renews = renews > 0 ? device->credentials[renews - 1].generation : 0;
  wanted.has_key = LK_HAS_P256 && !device->setup->wants_password;
  wanted.has_encryption_key = LK_HAS_P256 && !device->setup->no_encryption_key;
  done = !anew && lk_load_request(device, &stored) && stored.renews == wanted.renews &&
         stored.has_key == wanted.has_key && stored.has_encryption_key == wanted.has_encryption_key;
  if (!done) done = make_request(device, &wanted);
  lk_wipe(&wanted, sizeof wanted);
  lk_wipe(&stored, sizeof stored);
  return done;
}

bool lk_exchange_begin(struct lk_device* device, uint8_t renews, bool insists) {
  struct lk_exchange* const exchange = &device->exchange;
  const uint32_t rejections = renews == 0 && device->mode == LK_MODE_ENROL ? exchange->rejections : 0;
  memset(exchange, 0, sizeof *exchange);
  exchange->renews = renews;
  exchange->insists = insists;
  exchange->rejections = rejections;
  exchange->next_send = exchange->deadline = exchange->believe_at = LK_NEVER;
  exchange->is_open = lk_exchange_take_request(device, false);
  return exchange->is_open;
}

void lk_exchange_on_up(struct lk_device* device) {
  if (device->now >= device->exchange.not_before)
    device->exchange.is_due = true;
  else
    device->exchange.next_send = device->exchange.not_before;
}

/* Without a subscription the answer would be missed. */
void lk_exchange_on_lost(struct lk_device* device) {
  device->exchange.next_send = LK_NEVER;
  device->exchange.is_due = false;
}

/* The nonce is used once: it may have expired before a repeat. */
void lk_exchange_sent(struct lk_device* device) {
  struct lk_exchange* const exchange = &device->exchange;
  exchange->is_due = false;
  exchange->sent_nonce = exchange->nonce[0] != '\0';
  exchange->nonce[0] = '\0';
  exchange->next_send = device->now + lk_backoff(device, &exchange->repeats);
}

void lk_exchange_wait(struct lk_device* device, uint32_t delay) {
  struct lk_exchange* const exchange = &device->exchange;
  if (delay == LK_NEVER) delay = lk_backoff(device, &exchange->repeats);
  exchange->is_due = false;
  exchange->next_send = exchange->not_before = device->now + delay;
}

static void report_refusal(const struct lk_device* device) {
  const uint32_t at = device->exchange.not_before;
  lk_tell(device, LK_EVENT_REFUSED, NULL, at > device->now ? (at - device->now) * 8 / 125 + 1 : 0);
}

/* A new request_id cures a conflict. If it does not, only an operator can help, so the device asks again less
 * and less often. */
static enum lk_result on_spent(struct lk_device* device, bool is_conflict) {
  struct lk_exchange* const exchange = &device->exchange;
  const bool is_cured = is_conflict && !exchange->had_conflict;
  const bool ends = !is_cured && !exchange->insists;
  const uint32_t pause_s = (uint32_t)60 << exchange->rejections;
  exchange->had_conflict = exchange->had_conflict || is_conflict;
  if (!(ends ? lk_store_request(device, NULL) : lk_exchange_take_request(device, true))) return LK_DAMAGED;
  exchange->repeats = 0;
  if (is_cured) {
    exchange->is_due = true;
    return LK_GOES_ON;
  }
  if (exchange->rejections < 11) ++exchange->rejections; /* 60 s << 11 is more than a day */
  lk_exchange_wait(device, LK_SECONDS(pause_s > LK_DAY ? LK_DAY : pause_s));
  report_refusal(device);
  return ends ? LK_REFUSED : LK_GOES_ON;
}

enum lk_result lk_on_refused(struct lk_device* device, const struct lk_answer* answer, uint32_t delay,
                             bool is_conflict) {
  struct lk_exchange* const exchange = &device->exchange;
  if (answer->is_signed && delay == LK_NEVER) return on_spent(device, is_conflict);
  lk_exchange_wait(device, delay);
  report_refusal(device);
  if (exchange->insists) return LK_GOES_ON;
  if (answer->is_signed) return LK_REFUSED;
  if (exchange->believe_at == LK_NEVER) exchange->believe_at = device->now + DOUBT;
  return LK_GOES_ON;
}

enum lk_result lk_exchange_on_timer(struct lk_device* device) {
  struct lk_exchange* const exchange = &device->exchange;
  if (exchange->believe_at <= device->now) return LK_REFUSED;
  if (exchange->deadline <= device->now) return LK_LATE;
  if (exchange->next_send <= device->now) {
    exchange->next_send = LK_NEVER;
    exchange->is_due = true;
  }
  return LK_GOES_ON;
}

uint32_t lk_exchange_timer(const struct lk_device* device) {
  const struct lk_exchange* const exchange = &device->exchange;
  uint32_t at = exchange->next_send;
  if (exchange->believe_at < at) at = exchange->believe_at;
  return exchange->deadline < at ? exchange->deadline : at;
}
