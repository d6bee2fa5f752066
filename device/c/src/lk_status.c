#include "lk_internal.h"

#include <string.h>

/* The statuses of docs/protocol.md, 5. */

static void write_session(const struct lk_device* device, struct lk_writer* writer, const char* status) {
  lk_write(writer, "{\"status\":\"");
  lk_write(writer, status);
  lk_write(writer, "\",\"session\":\"");
  lk_write(writer, device->session.name);
  lk_write_byte(writer, '"');
}

static void write_number(struct lk_writer* writer, const char* name, uint32_t number) {
  lk_write(writer, name);
  lk_write_number(writer, number);
}

static enum lk_signer signer_of(const struct lk_device* device, const struct lk_credential* credential) {
  if (device->setup->proof == LK_PROOF_KEY) return LK_BY_KEY;
  return credential->is_password ? LK_BY_PASSWORD : LK_BY_CERTIFICATE;
}

/* `previous` shows the service whether two devices have one identity (docs/protocol.md, 5). */
static void write_connected_members(const struct lk_device* device, struct lk_writer* writer,
                                    uint32_t generation) {
  write_session(device, writer, "connected");
  write_number(writer, ",\"generation\":", generation);
  if (device->previous[0] == '\0') return;
  lk_write(writer, ",\"previous\":");
  lk_write_json(writer, device->previous);
}

/* A signed `connected` names its connection, so that a copy of it confirms nothing at another broker. */
static bool write_signed_connected(const struct lk_device* device, struct lk_writer* writer,
                                   const struct lk_credential* credential) {
  uint8_t* const jws = writer->at;
  const enum lk_signer signer = signer_of(device, credential);
  lk_jws_begin(device, writer, "provisioning-status+jws", signer, credential);
  write_connected_members(device, writer, credential->generation);
  lk_write(writer, ",\"device_id\":");
  lk_write_json(writer, device->setup->device_id);
  lk_write(writer, ",\"connection\":{\"host\":");
  lk_write_json(writer, credential->connection.host);
  write_number(writer, ",\"port\":", credential->connection.port);
  lk_write(writer, "}}");
  return lk_jws_end(device, writer, jws, signer, credential);
}

static bool write_connected(struct lk_device* device, struct lk_writer* writer,
                            const struct lk_credential* credential) {
  if (device->confirmed < credential->generation) {
    if (device->signed_generation < credential->generation)
      device->signed_generation = credential->generation;
    return write_signed_connected(device, writer, credential);
  }
  write_connected_members(device, writer, credential->generation);
  lk_write_byte(writer, '}');
  return true;
}

static void write_ready(const struct lk_device* device, struct lk_writer* writer) {
  write_session(device, writer, "ready");
  write_number(writer, ",\"config_version\":", device->applied_version);
  if (device->setup->attributes != NULL) {
    lk_write(writer, ",\"attributes\":");
    lk_write(writer, device->setup->attributes);
  }
  lk_write_byte(writer, '}');
}

static void write_failed(const struct lk_device* device, struct lk_writer* writer) {
  write_session(device, writer, "failed");
  lk_write(writer, ",\"code\":");
  lk_write_json(writer, device->failure);
  lk_write(writer, ",\"message\":");
  lk_write_json(writer, device->failure_text);
  lk_write_byte(writer, '}');
}

static bool write_status(struct lk_device* device, struct lk_writer* writer, enum lk_status status,
                         const struct lk_credential* credential) {
  switch (status) {
    case LK_STATUS_CONNECTED:
      return write_connected(device, writer, credential);
    case LK_STATUS_READY:
      write_ready(device, writer);
      return true;
    case LK_STATUS_FAILED:
      write_failed(device, writer);
      return true;
    default:
      write_session(device, writer, "disconnected");
      lk_write_byte(writer, '}');
      return true;
  }
}

static const char* write_topic(struct lk_writer* writer, const struct lk_connection* connection) {
  const char* const topic = (const char*)writer->at;
  lk_write(writer, connection->topics);
  lk_write(writer, "/status");
  lk_write_byte(writer, 0);
  return topic;
}

bool lk_compose_status(struct lk_device* device, enum lk_status status, struct lk_step* step) {
  struct lk_writer writer = lk_write_to(device->buffers.message, device->buffers.message_size);
  struct lk_credential credential;
  if (!lk_load_place(device, &credential)) return false;
  step->topic = write_topic(&writer, &credential.connection);
  step->payload.data = writer.at;
  if (!write_status(device, &writer, status, &credential) || writer.overflowed) return false;
  step->payload.size = (size_t)(writer.at - step->payload.data);
  return true;
}

bool lk_compose_will(struct lk_device* device, const struct lk_connection* connection,
                     struct lk_connect* connect) {
  struct lk_writer writer = lk_write_to(device->buffers.message, device->buffers.message_size);
  connect->will_topic = write_topic(&writer, connection);
  connect->will.data = writer.at;
  (void)write_status(device, &writer, LK_STATUS_DISCONNECTED, NULL);
  connect->will.size = (size_t)(writer.at - connect->will.data);
  return !writer.overflowed;
}

void lk_say(struct lk_device* device, enum lk_status status) {
  device->session.said = (uint8_t)status;
  device->session.is_due = true;
  device->session.repeats = 0;
  device->session.unanswered = device->now;
  device->session.next_status = LK_NEVER;
}

/* A failure that the service has answered is not sent again. */
void lk_fail(struct lk_device* device, const char* code, const char* text) {
  struct lk_event event;
  const bool is_said = device->session.said == LK_STATUS_FAILED && device->failure == code;
  device->failure = code;
  device->failure_text = text;
  device->last_error = text;
  device->session.next_status = LK_NEVER;
  if (is_said) return;
  memset(&event, 0, sizeof event);
  event.kind = LK_EVENT_FAILED;
  event.text = code;
  event.other = text;
  lk_report(device, &event);
  lk_say(device, LK_STATUS_FAILED);
}

void lk_end_status(struct lk_device* device) {
  device->session.is_due = false;
  device->session.next_status = LK_NEVER;
}

bool lk_awaits_answer_to_ready(const struct lk_device* device, uint32_t version) {
  const struct lk_session* const session = &device->session;
  return session->said == LK_STATUS_READY && session->ready_version == version &&
         (session->is_due || session->next_status != LK_NEVER);
}

/* While a `ready` has no answer, the timer repeats it: the service answers each one, and answering each
 * answer would go on for ever. */
void lk_become_ready(struct lk_device* device) {
  if (lk_awaits_answer_to_ready(device, device->applied_version)) return;
  device->session.ready_version = device->applied_version;
  lk_say(device, LK_STATUS_READY);
}
