#include "lk_internal.h"

#include <string.h>

/* The application's reports about its connection. */

static const char* reason_text(enum lk_reason reason) {
  switch (reason) {
    case LK_LOGIN_REFUSED:
      return "the broker refused the login";
    case LK_CERTIFICATE_REFUSED:
      return "the broker's certificate is not by a known CA, or for another name";
    case LK_CERTIFICATE_DATES:
      return "the broker's certificate is outside its dates";
    default:
      return "the broker cannot be reached, or the connection was lost";
  }
}

void lk_on_time(struct lk_device* device, uint64_t now_ms, uint32_t unix_s) {
  lk_advance(device, now_ms);
  if (!device->is_started)
    device->wake_at = device->now + lk_random_below(device, device->setup->start_within_ms >> LK_TICK_BITS);
  device->is_started = true;
  device->clock_s = unix_s;
}

void lk_on_connected(struct lk_device* device) {
  if (device->link != LK_CONNECTING) return;
  device->subscribed = 0;
  device->link = LK_TO_SUBSCRIBE;
}

static void report_connected(const struct lk_device* device) {
  struct lk_credential credential;
  struct lk_event event;
  if (!lk_load_place(device, &credential)) return;
  memset(&event, 0, sizeof event);
  event.kind = LK_EVENT_CONNECTED;
  event.text = credential.connection.host;
  event.other = device->session.name;
  event.bytes = lk_text(device->setup->device_id);
  if (credential.is_password && lk_list_next(&credential.login, &event.bytes))
    --event.bytes.size; /* its NUL */
  event.number = credential.generation;
  event.port = credential.connection.port;
  lk_report(device, &event);
}

/* The operational connection has two subscriptions: for configurations, and for the answers to a renewal. */
void lk_on_subscribed(struct lk_device* device, bool ok) {
  if (device->link != LK_SUBSCRIBING) return;
  if (!ok) {
    device->link = LK_TO_CLOSE;
    return;
  }
  ++device->subscribed;
  if (device->mode == LK_MODE_OPERATE && device->subscribed < 2) {
    device->link = LK_TO_SUBSCRIBE;
    return;
  }
  device->link = LK_UP;
  if (device->mode == LK_MODE_ENROL) {
    lk_exchange_on_up(device);
    return;
  }
  device->last_error = NULL;
  report_connected(device);
  lk_say(device, LK_STATUS_CONNECTED);
  if (device->exchange.is_open) lk_exchange_on_up(device);
}

void lk_on_published(struct lk_device* device, uint16_t id) {
  if (device->link == LK_SAID_GOODBYE && id == device->goodbye_id) device->link = LK_TO_CLOSE;
}

static void lost_session(struct lk_device* device, const char* why) {
  if (device->session.said != LK_STATUS_NONE) lk_tell(device, LK_EVENT_LOST, why, 0);
  device->last_error = why;
  if (device->give_up_at == LK_NEVER) device->give_up_at = device->now + lk_patience(device);
  lk_new_session(device);
}

void lk_on_disconnected(struct lk_device* device, enum lk_reason reason) {
  const char* const why = reason_text(reason);
  if (device->link == LK_DOWN || device->link == LK_TO_CONNECT) return;
  device->link = LK_DOWN;
  device->part_kind = LK_PART_NONE;
  if (device->is_leaving || device->is_stopping) {
    device->is_leaving = false;
    device->mode = LK_MODE_DECIDE;
    device->wake_at = device->now;
    return;
  }
  lk_exchange_on_lost(device);
  if (device->mode == LK_MODE_OPERATE)
    lost_session(device, why);
  else
    lk_remark(device, why);
  device->wake_at = device->now + lk_backoff(device, &device->reconnects);
}

void lk_stop(struct lk_device* device) {
  device->is_stopping = true;
  if (device->link == LK_UP && device->mode == LK_MODE_OPERATE)
    device->link = LK_GOODBYE;
  else if (device->link == LK_TO_CONNECT)
    device->link = LK_DOWN;
  else if (device->link > LK_TO_CONNECT && device->link <= LK_UP)
    device->link = LK_TO_CLOSE;
}

/* --- messages, which may come in parts */

static bool ends_with(const char* topic, const char* end) {
  const size_t size = strlen(topic), length = strlen(end);
  return size >= length && strcmp(topic + size - length, end) == 0;
}

static enum lk_part part_of(const struct lk_device* device, const char* topic) {
  if (device->exchange.is_open && ends_with(topic, "/response")) return LK_PART_ANSWER;
  return device->mode == LK_MODE_OPERATE && ends_with(topic, "/config") ? LK_PART_CONFIGURATION
                                                                        : LK_PART_NONE;
}

static void begin_message(struct lk_device* device, const char* topic, size_t total) {
  device->part_kind = LK_PART_NONE;
  device->part_total = total;
  device->part_size = 0;
  if (device->link != LK_UP || device->is_applying) return;
  if (total > device->buffers.message_size || total > LK_LARGEST_MESSAGE) return;
  device->part_kind = (uint8_t)part_of(device, topic);
}

void lk_on_message_part(struct lk_device* device, const char* topic, size_t offset, size_t total,
                        struct lk_bytes bytes) {
  struct lk_slice message = {device->buffers.message, total};
  if (offset == 0) begin_message(device, topic, total);
  if (device->part_kind == LK_PART_NONE || device->is_applying) return;
  if (offset != device->part_size || total != device->part_total || bytes.size > total - offset) {
    device->part_kind = LK_PART_NONE;
    return;
  }
  if (bytes.size > 0) memcpy(message.data + offset, bytes.data, bytes.size);
  device->part_size += bytes.size;
  if (device->part_size < total) return;
  if (device->part_kind == LK_PART_ANSWER)
    lk_end_exchange(device, lk_on_answer(device, message));
  else
    lk_on_configuration(device, message);
  device->part_kind = LK_PART_NONE;
}
