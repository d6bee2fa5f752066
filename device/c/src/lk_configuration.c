#include "lk_internal.h"

#include <string.h>

enum { DEVICE_ID, SESSION, STATE, CONFIG_VERSION, CONFIG, SEALED, CONNECTION, CONFIRMED, CRITICAL, COUNT };
static const struct lk_json_member members[COUNT] = {{"device_id", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                     {"session", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                     {"state", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                     {"config_version", LK_JSON_INTEGER | LK_JSON_REQUIRED},
                                                     {"config", LK_JSON_OBJECT},
                                                     {"sealed", LK_JSON_TEXT},
                                                     {"connection", LK_JSON_OBJECT},
                                                     {"confirmed", LK_JSON_INTEGER},
                                                     {"critical", LK_JSON_ARRAY}};

/* Returns false for a message to drop. */
static bool read(struct lk_device* device, struct lk_slice message, struct lk_slice* values) {
  struct lk_credential credential;
  struct lk_slice json;
  bool are_known;
  if (message.size == 0 || message.data[0] != 'e' || !lk_load_place(device, &credential)) return false;
  if (!lk_jws_open(device, message, "provisioning-config+jws", credential.is_by_service, true, &json))
    return false;
  return lk_json_read(json, members, COUNT, values, false) &&
         lk_json_is(values[DEVICE_ID], device->setup->device_id) &&
         lk_json_is(values[SESSION], device->session.name) &&
         lk_json_integer(values[CONFIG_VERSION]) >= device->config_version &&
         lk_read_critical(values[CRITICAL], members, COUNT, &are_known) && are_known;
}

/* The service has not heard `ready` for this version: the message is no answer to it, whatever `state` says.
 */
static bool asks_for_ready(const struct lk_slice* values) {
  return values[CONFIG].data != NULL || values[SEALED].data != NULL || values[CONNECTION].data != NULL;
}

static void report(const struct lk_device* device, const struct lk_slice* values) {
  struct lk_event event;
  memset(&event, 0, sizeof event);
  event.kind = LK_EVENT_CONFIGURATION;
  event.bytes = lk_view(values[STATE]);
  event.number = lk_json_integer(values[CONFIG_VERSION]);
  event.flag = values[CONFIG].data != NULL || values[SEALED].data != NULL;
  lk_report(device, &event);
}

/* The credential and its connection work, so the device no longer needs the request that brought the
 * credential. It needs the older credential until the service has confirmed this one. */
static bool keep_what_works(struct lk_device* device, uint32_t confirmed) {
  struct lk_credential credential;
  struct lk_request request;
  const unsigned other = 1U - device->place;
  if (device->place_is_moved && !lk_adopt_connection(device)) return false;
  if (!lk_load_place(device, &credential)) return false;
  device->confirmed = confirmed;
  if (device->confirmed >= credential.generation &&
      device->credentials[other].generation < credential.generation)
    lk_drop_credential(device, other);
  if (lk_load_request(device, &request)) {
    const bool is_answered = memcmp(request.id, credential.request_id, LK_ID_BYTES) == 0;
    lk_wipe(&request, sizeof request);
    if (is_answered) return lk_store_request(device, NULL);
  }
  return true;
}

/* Returns false only if the device's memory failed. If a configuration cannot be opened, `answer` says so. */
static bool keep_config(struct lk_device* device, const struct lk_slice* values) {
  const uint32_t version = lk_json_integer(values[CONFIG_VERSION]);
  struct lk_secrets secrets = {{NULL, 0}, {NULL, 0}};
  struct lk_credential credential;
  uint8_t key[LK_KEY_BYTES];
  struct lk_slice config = values[CONFIG];
  if (version <= device->config_version) return true;
  if (values[SEALED].data != NULL) {
    bool is_open;
    if (!lk_load_place(device, &credential)) return false;
    memcpy(key, credential.encryption_key, sizeof key); /* the plaintext will overwrite it */
    is_open = lk_open_secrets(device, credential.has_encryption_key ? key : NULL, values[SEALED], &secrets);
    lk_wipe(key, sizeof key);
    if (!is_open) lk_remark(device, "the configuration cannot be opened");
    if (is_open && secrets.config.data != NULL) config = secrets.config;
  }
  return config.data == NULL || lk_store_config(device, version, config, secrets.config.data != NULL);
}

/* Replaces the connection of the credential in use, whose record is in the message buffer: its rights. */
static void store_rights(struct lk_device* device, struct lk_bytes own, struct lk_bytes connection) {
  struct lk_bytes record = {device->buffers.message, 0};
  const size_t head = (size_t)(own.data - record.data);
  if (head + connection.size > device->buffers.message_size) {
    lk_remark(device, "the rights do not fit into the message buffer");
    return;
  }
  memcpy(device->buffers.message + head, connection.data, connection.size);
  record.size = head + connection.size;
  if (lk_store_credential(device, device->place, record))
    device->session.is_ready_due = device->session.is_reported;
}

/* True if the told connection, which ends at the writer, is the stored one. Then it gets the stored anchors
 * if it has none. */
static bool is_known(struct lk_writer* writer, struct lk_bytes* told, struct lk_bytes stored) {
  struct lk_connection connection;
  struct lk_bytes anchors;
  if (!lk_is_same_place(*told, stored) || !lk_read_connection(stored, &connection)) return false;
  anchors.data = connection.anchors.data;
  anchors.size = connection.anchors.size;
  (void)lk_read_connection(*told, &connection);
  if (connection.anchors.size == 0) lk_write_bytes(writer, anchors);
  if (!writer->overflowed) told->size = (size_t)(writer->at - told->data);
  return !writer->overflowed;
}

/* Stores a connection that is not the one in use. Returns true if the device has to try it now. */
static bool keep_connection(struct lk_device* device, struct lk_slice json) {
  struct lk_writer writer = lk_write_to(device->buffers.work, device->buffers.work_size);
  const uint32_t generation = device->credentials[device->place].generation;
  struct lk_bytes connection = {device->buffers.work, 0}, stored;
  const struct lk_bytes nothing = {NULL, 0};
  if (!lk_write_connection(&writer, json)) {
    lk_remark(device, "the new connection cannot be used");
    return false;
  }
  connection.size = (size_t)(writer.at - connection.data);
  if (device->moving == generation) {
    stored = lk_read_connection_record(device, device->place, true);
    if (is_known(&writer, &connection, stored)) { /* it did not work: lk_renew tries it again */
      if (!lk_same(connection, stored)) (void)lk_store_connection(device, generation, connection);
      return false;
    }
  }
  stored = lk_read_connection_record(device, device->place, false);
  if (is_known(&writer, &connection, stored)) {
    if (!lk_same(connection, stored)) store_rights(device, stored, connection);
    if (device->moving == generation) (void)lk_store_connection(device, 0, nothing);
    return false;
  }
  return lk_store_connection(device, generation, connection);
}

static void report_move(const struct lk_device* device) {
  struct lk_connection connection;
  struct lk_event event;
  if (!lk_read_connection(lk_read_connection_record(device, device->place, true), &connection)) return;
  memset(&event, 0, sizeof event);
  event.kind = LK_EVENT_MOVING;
  event.text = connection.host;
  event.port = connection.port;
  lk_report(device, &event);
}

/* Decides which status the message asks for. `is_answer`: to a `ready` that was counted. */
static void answer(struct lk_device* device, uint32_t version, bool is_answer) {
  struct lk_session* const session = &device->session;
  if (version > device->config_version) {
    lk_fail(device, "config_missing", "the configuration was not sent, or cannot be opened");
  } else if (device->applied_version < device->config_version) {
    /* If it could not be applied, this message answers `failed`: the backoff decides when to try it again. */
    if (session->failed_version != device->config_version) session->next_apply = device->now;
    lk_end_status(device);
  } else if (!is_answer) {
    lk_become_ready(device);
  } else {
    lk_end_status(device);
    if (!session->is_reported) {
      lk_tell(device, LK_EVENT_READY, NULL, device->applied_version);
      session->is_ready_due = true;
    }
    session->is_reported = true;
  }
}

void lk_on_configuration(struct lk_device* device, struct lk_slice message) {
  struct lk_slice values[COUNT];
  uint32_t version;
  bool is_answer;
  if (!read(device, message, values)) return;
  report(device, values);
  version = lk_json_integer(values[CONFIG_VERSION]);
  is_answer = lk_json_is(values[STATE], "ready") && !asks_for_ready(values);
  device->has_worked = true;
  device->session.is_answered = true;
  if (!asks_for_ready(values) || !lk_awaits_answer_to_ready(device, version))
    device->session.unanswered = device->now;
  device->reconnects = 0;
  device->give_up_at = LK_NEVER;
  if (device->failed == 0) device->retries = 0;
  if (!keep_what_works(device, values[CONFIRMED].data == NULL ? 0 : lk_json_integer(values[CONFIRMED])))
    return;
  if (!keep_config(device, values)) return;
  if (values[CONNECTION].data != NULL && keep_connection(device, values[CONNECTION])) {
    report_move(device);
    lk_leave(device);
    return;
  }
  answer(device, version, is_answer);
}
