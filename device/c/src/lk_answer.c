#include "lk_internal.h"

#include <string.h>

enum {
  REQUEST_ID,
  DEVICE_ID,
  STATUS,
  TRACKING_ID,
  SERVER_TIME,
  CODE,
  MESSAGE,
  RETRY_AFTER,
  NONCE,
  GENERATION,
  CREDENTIAL,
  CONNECTION,
  CONFIG_VERSION,
  CONFIG,
  SEALED,
  CRITICAL,
  COUNT
};
static const struct lk_json_member members[COUNT] = {{"request_id", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                     {"device_id", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                     {"status", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                     {"tracking_id", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                     {"server_time", LK_JSON_INTEGER | LK_JSON_REQUIRED},
                                                     {"code", LK_JSON_TEXT},
                                                     {"message", LK_JSON_TEXT},
                                                     {"retry_after_s", LK_JSON_INTEGER},
                                                     {"nonce", LK_JSON_TEXT},
                                                     {"generation", LK_JSON_INTEGER},
                                                     {"credential", LK_JSON_OBJECT},
                                                     {"connection", LK_JSON_OBJECT},
                                                     {"config_version", LK_JSON_INTEGER},
                                                     {"config", LK_JSON_OBJECT},
                                                     {"sealed", LK_JSON_TEXT},
                                                     {"critical", LK_JSON_ARRAY}};

enum status { ACCEPTED, PENDING, CHALLENGE, REJECTED, RETRY, STATUSES };
static const char* const statuses[STATUSES] = {"accepted", "pending", "challenge", "rejected", "retry"};

/* Returns STATUSES for an unknown status, which is ignored. */
static enum status status_of(struct lk_slice text) {
  int i;
  for (i = 0; i < STATUSES; ++i)
    if (lk_json_is(text, statuses[i])) break;
  return (enum status)i;
}

static bool is_known_name(struct lk_slice name, const struct lk_json_member* names, size_t count) {
  size_t i;
  for (i = 0; i < count; ++i)
    if (lk_json_is(name, names[i].name)) return true;
  return false;
}

bool lk_read_critical(struct lk_slice list, const struct lk_json_member* names, size_t count,
                      bool* are_known) {
  struct lk_slice name;
  *are_known = true;
  if (list.data == NULL) return true;
  while (lk_json_next_text(&list, &name))
    *are_known = *are_known && is_known_name(name, names, count);
  return list.size == 0;
}

static bool is_mine(const struct lk_device* device, const struct lk_slice* values) {
  struct lk_request request;
  char name[LK_ID_CHARS];
  if (!lk_load_request(device, &request)) return false;
  lk_request_name(request.id, name);
  lk_wipe(&request, sizeof request);
  return lk_json_is(values[REQUEST_ID], name) && lk_json_is(values[DEVICE_ID], device->setup->device_id);
}

static uint32_t optional_integer(struct lk_slice value) {
  return value.data == NULL ? LK_NEVER : lk_json_integer(value);
}

static void report(const struct lk_device* device, const struct lk_answer* answer) {
  struct lk_event event;
  memset(&event, 0, sizeof event);
  event.kind = LK_EVENT_ANSWER;
  event.answer = answer;
  lk_report(device, &event);
}

/* Anybody on the bootstrap account can forge an unsigned answer. So its delay is kept between 2 s and an
 * hour. */
static uint32_t delay_of(const struct lk_answer* answer) {
  const uint32_t least = answer->is_signed ? 0 : 2, most = answer->is_signed ? 7 * LK_DAY : 3600;
  uint32_t seconds = answer->retry_after_s;
  if (seconds == LK_NEVER) return LK_NEVER;
  if (seconds < least) seconds = least;
  return LK_SECONDS(seconds > most ? most : seconds);
}

/* The request is due at once, because the nonce expires. */
static bool take_nonce(struct lk_device* device, struct lk_slice nonce) {
  if (nonce.data == NULL) return false;
  lk_json_unescape(&nonce);
  if (nonce.size == 0 || nonce.size > LK_NONCE_MAX) return false;
  memcpy(device->exchange.nonce, nonce.data, nonce.size);
  device->exchange.nonce[nonce.size] = '\0';
  device->exchange.is_due = true;
  return true;
}

static enum lk_result act(struct lk_device* device, enum status status, const struct lk_slice* values,
                          const struct lk_answer* answer) {
  const struct lk_acceptance accepted = {values[CREDENTIAL], values[CONNECTION], values[CONFIG],
                                         values[SEALED],     answer->generation, answer->config_version};
  switch (status) {
    case ACCEPTED:
      return lk_accept(device, &accepted);
    case REJECTED:
      return lk_on_refused(device, answer, delay_of(answer), lk_json_is(values[CODE], "conflict"));
    case CHALLENGE:
      if (!device->exchange.sent_nonce && take_nonce(device, values[NONCE])) return LK_GOES_ON;
      break;
    default:
      break;
  }
  lk_exchange_wait(device, delay_of(answer));
  return LK_GOES_ON;
}

static bool has_members_of(enum status status, const struct lk_slice* values) {
  static const uint8_t of_accepted[] = {GENERATION, CREDENTIAL, CONNECTION, CONFIG_VERSION};
  size_t i;
  if (status == CHALLENGE) return values[NONCE].data != NULL;
  for (i = 0; i < sizeof of_accepted && status == ACCEPTED; ++i)
    if (values[of_accepted[i]].data == NULL) return false;
  return true;
}

enum lk_result lk_on_answer(struct lk_device* device, struct lk_slice message) {
  const bool by_service = device->setup->proof != LK_PROOF_KEY || device->exchange.renews > 0;
  struct lk_slice json = message, values[COUNT];
  struct lk_answer answer;
  enum status status;
  bool is_understood;
  answer.is_signed = message.size > 0 && message.data[0] != '{';
  if (answer.is_signed &&
      !lk_jws_open(device, message, "provisioning-response+jws", by_service, false, &json))
    return LK_GOES_ON;
  if (!lk_json_read(json, members, COUNT, values, false) || !is_mine(device, values)) return LK_GOES_ON;
  if (!lk_read_critical(values[CRITICAL], members, COUNT, &is_understood)) return LK_GOES_ON;
  status = is_understood ? status_of(values[STATUS]) : RETRY;
  if (status == STATUSES || !has_members_of(status, values)) return LK_GOES_ON;
  if (!answer.is_signed && status != REJECTED && status != RETRY) return LK_GOES_ON;
  answer.status = lk_view(values[STATUS]);
  answer.tracking_id = lk_view(values[TRACKING_ID]);
  answer.code = lk_view(values[CODE]);
  answer.message = lk_view(values[MESSAGE]);
  answer.retry_after_s = optional_integer(values[RETRY_AFTER]);
  answer.generation = optional_integer(values[GENERATION]);
  answer.config_version = optional_integer(values[CONFIG_VERSION]);
  report(device, &answer);
  if (answer.is_signed && !lk_learn_time(device, lk_json_integer(values[SERVER_TIME]))) return LK_DAMAGED;
  return act(device, status, values, &answer);
}
