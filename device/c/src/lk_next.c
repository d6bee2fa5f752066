#include "lk_internal.h"

#include <string.h>

/* What the device does next. */

#define LONGEST_WAIT LK_SECONDS(600)
#define TO_CONNECT LK_SECONDS(30)
#define TO_SUBSCRIBE LK_SECONDS(10)
#define TO_SAY_GOODBYE LK_SECONDS(2)

/* A broker can end the session with a forged or an old status. The service then answers nothing in this
 * session, but it answers in a new one. */
static bool is_ignored(const struct lk_device* device) {
  return device->session.is_answered && device->now - device->session.unanswered >= lk_patience(device);
}

static void run_session_timers(struct lk_device* device) {
  struct lk_session* const session = &device->session;
  if (session->next_status <= device->now) {
    if (is_ignored(device)) {
      device->link = LK_TO_CLOSE;
      return;
    }
    session->next_status = LK_NEVER;
    session->is_due = true;
  }
  if (lk_renewal_timer(device) <= device->now) lk_renew(device);
}

/* The application or the broker did not react in time, or the place did not work. */
static void run_link_timers(struct lk_device* device) {
  const bool is_late = device->wake_at <= device->now;
  if (device->mode == LK_MODE_OPERATE && device->give_up_at <= device->now) {
    device->give_up_at = LK_NEVER;
    lk_place_failed(device);
    lk_close(device);
    return;
  }
  if (is_late &&
      (device->link == LK_CONNECTING || device->link == LK_SUBSCRIBING || device->link == LK_SAID_GOODBYE))
    device->link = LK_TO_CLOSE;
}

static void run_timers(struct lk_device* device) {
  run_link_timers(device);
  if (device->exchange.is_open && (device->link == LK_UP || device->mode == LK_MODE_ENROL))
    lk_end_exchange(device, lk_exchange_on_timer(device));
  if (device->link == LK_UP && device->mode == LK_MODE_OPERATE) run_session_timers(device);
  if (device->link != LK_DOWN || device->is_stopping || device->wake_at > device->now) return;
  if (device->mode == LK_MODE_DECIDE)
    lk_decide(device);
  else
    device->link = LK_TO_CONNECT;
}

static uint32_t least(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static uint32_t next_timer(const struct lk_device* device) {
  uint32_t at = device->now + LONGEST_WAIT;
  if (device->mode == LK_MODE_OPERATE) at = least(at, device->give_up_at);
  if (device->exchange.is_open) at = least(at, lk_exchange_timer(device));
  if (device->link == LK_UP) {
    if (device->mode != LK_MODE_OPERATE) return at;
    at = least(at, least(device->session.next_status, device->session.next_apply));
    return least(at, lk_renewal_timer(device));
  }
  return device->link == LK_CLOSING ? at : least(at, device->wake_at);
}

static bool step_to_connect(struct lk_device* device, struct lk_step* step) {
  if (!lk_write_connect(device, &step->connect)) {
    lk_remark(device, "a stored credential cannot be read");
    device->link = LK_DOWN;
    device->wake_at = LK_NEVER; /* lk_place_failed goes on with another place */
    if (device->mode == LK_MODE_OPERATE) device->give_up_at = device->now;
    return false;
  }
  step->action = LK_CONNECT;
  device->link = LK_CONNECTING;
  device->wake_at = device->now + TO_CONNECT;
  return true;
}

static bool step_to_subscribe(struct lk_device* device, struct lk_step* step) {
  struct lk_writer writer = lk_write_to(device->buffers.message, device->buffers.message_size);
  struct lk_credential credential;
  if (device->mode == LK_MODE_OPERATE && device->subscribed == 0) {
    if (!lk_load_place(device, &credential)) {
      device->link = LK_TO_CLOSE;
      return false;
    }
    lk_write(&writer, credential.connection.topics);
    lk_write(&writer, "/config");
    lk_write_byte(&writer, 0);
  } else {
    lk_write_topic(device, &writer, "/response");
  }
  step->action = LK_SUBSCRIBE;
  step->topic = (const char*)device->buffers.message;
  device->link = LK_SUBSCRIBING;
  device->wake_at = device->now + TO_SUBSCRIBE;
  return true;
}

static bool step_to_publish(struct lk_device* device, struct lk_step* step) {
  step->action = LK_PUBLISH;
  step->id = ++device->last_id;
  device->part_kind = LK_PART_NONE; /* the incoming message shares the buffer; a repeat brings it again */
  return true;
}

static bool say_status(struct lk_device* device, struct lk_step* step) {
  struct lk_session* const session = &device->session;
  session->is_due = false;
  session->next_status = device->now + lk_backoff(device, &session->repeats);
  if (lk_compose_status(device, (enum lk_status)session->said, step)) return step_to_publish(device, step);
  lk_remark(device, "a status cannot be made");
  return false;
}

static bool send_request(struct lk_device* device, struct lk_step* step) {
  struct lk_event event;
  struct lk_request request;
  char name[LK_ID_CHARS];
  const bool is_made = lk_compose_request(device, step);
  lk_exchange_sent(device);
  if (!is_made || !lk_load_request(device, &request)) return false;
  lk_request_name(request.id, name);
  lk_wipe(&request, sizeof request);
  memset(&event, 0, sizeof event);
  event.kind = LK_EVENT_REQUEST_SENT;
  event.text = name;
  event.flag = device->exchange.sent_nonce;
  lk_report(device, &event);
  return step_to_publish(device, step);
}

static bool begin_to_apply(struct lk_device* device, struct lk_step* step) {
  device->session.next_apply = LK_NEVER;
  device->session.failed_version = 0;
  if (!lk_load_config(device, &step->config)) {
    lk_remark(device, "the stored configuration cannot be read");
    return false;
  }
  step->action = LK_APPLY;
  device->is_applying = true;
  device->part_kind = LK_PART_NONE;
  return true;
}

static bool step_when_ready(struct lk_device* device, struct lk_step* step) {
  struct lk_credential credential;
  device->session.is_ready_due = false;
  if (!lk_load_place(device, &credential)) return false;
  step->action = LK_READY;
  step->rights = credential.connection.rights;
  return true;
}

static bool step_when_up(struct lk_device* device, struct lk_step* step) {
  if (device->is_applying) return false;
  if (device->mode == LK_MODE_OPERATE) {
    if (device->session.next_apply <= device->now) return begin_to_apply(device, step);
    if (device->session.is_due) return say_status(device, step);
    if (device->session.is_ready_due) return step_when_ready(device, step);
  }
  return device->exchange.is_open && device->exchange.is_due && send_request(device, step);
}

static bool say_goodbye(struct lk_device* device, struct lk_step* step) {
  device->link = LK_TO_CLOSE;
  if (device->is_applying || !lk_compose_status(device, LK_STATUS_DISCONNECTED, step)) return false;
  device->link = LK_SAID_GOODBYE;
  device->wake_at = device->now + TO_SAY_GOODBYE;
  device->goodbye_id = (uint16_t)(device->last_id + 1);
  return step_to_publish(device, step);
}

static bool take_step(struct lk_device* device, struct lk_step* step) {
  if (device->is_applying && (device->link == LK_TO_CONNECT || device->link == LK_TO_SUBSCRIBE)) return false;
  switch ((enum lk_link)device->link) {
    case LK_TO_CONNECT:
      return step_to_connect(device, step);
    case LK_TO_SUBSCRIBE:
      return step_to_subscribe(device, step);
    case LK_UP:
      return step_when_up(device, step);
    case LK_GOODBYE:
      return say_goodbye(device, step);
    case LK_TO_CLOSE:
      step->action = LK_DISCONNECT;
      device->link = LK_CLOSING;
      return true;
    case LK_DOWN:
      step->action = LK_STOPPED;
      return device->is_stopping;
    default:
      return false;
  }
}

void lk_next(struct lk_device* device, struct lk_step* step) {
  unsigned turns;
  uint32_t at;
  memset(step, 0, sizeof *step);
  /* A turn without a step changes the link's state, so eight turns are more than enough. */
  for (turns = 0; turns < 8; ++turns) {
    const uint8_t link = device->link;
    run_timers(device);
    if (take_step(device, step)) return;
    if (device->link == link) break;
  }
  step->action = LK_WAIT;
  at = next_timer(device);
  /* A timer that is due while there is nothing to do now: without the tick the application would spin. */
  if (at <= device->now) at = device->now + 1;
  step->until_ms = (device->skipped + at) << LK_TICK_BITS;
}
