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

/* Verifies and reads it. False: drop it. */
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

static void report(const struct lk_device* device, const struct lk_slice* values) {
  struct lk_event event;
  memset(&event, 0, sizeof event);
  event.kind = LK_EVENT_CONFIGURATION;
  event.bytes = lk_view(values[STATE]);
  event.number = lk_json_integer(values[CONFIG_VERSION]);
  event.flag = values[CONFIG].data != NULL || values[SEALED].data != NULL;
  lk_report(device, &event);
}

/* The credential works: its request is answered for good. Older ones go as soon as the service confirmed this
 * one. */
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

/* Stores the configuration of the message, if there is one that is newer. */
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
    memcpy(key, credential.encryption_key, sizeof key); /* the work buffer gets the plaintext */
    is_open = lk_open_secrets(device, credential.has_encryption_key ? key : NULL, values[SEALED], &secrets);
    lk_wipe(key, sizeof key);
    if (!is_open) lk_remark(device, "the configuration cannot be opened");
    if (is_open && secrets.config.data != NULL) config = secrets.config;
  }
  return config.data == NULL || lk_store_config(device, version, config, secrets.config.data != NULL);
}

/* Stores a connection that is not the one in use. True if it has to be tried now. */
static bool keep_connection(struct lk_device* device, struct lk_slice json) {
  struct lk_writer writer = lk_write_to(device->buffers.work, device->buffers.work_size);
  const uint32_t generation = device->credentials[device->place].generation;
  struct lk_bytes connection = {device->buffers.work, 0};
  const struct lk_bytes nothing = {NULL, 0};
  if (!lk_write_connection(&writer, json)) {
    lk_remark(device, "the new connection cannot be used");
    return false;
  }
  connection.size = (size_t)(writer.at - connection.data);
  if (device->moving == generation &&
      lk_same(connection, lk_read_connection_record(device, device->place, true)))
    return false; /* it did not work, and is tried again when its time comes */
  if (lk_same(connection, lk_read_connection_record(device, device->place, false))) {
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

/* Says what the message asks for. */
static void answer(struct lk_device* device, uint32_t version, bool is_ready) {
  struct lk_session* const session = &device->session;
  if (version > device->config_version) {
    lk_fail(device, "config_missing", "the configuration was not sent, or cannot be opened");
  } else if (device->applied_version < device->config_version) {
    /* If it failed, this is the answer to `failed`: the timer decides when to apply it again. */
    if (session->failed_version != device->config_version) session->next_apply = device->now;
    session->next_status = LK_NEVER;
  } else if (!is_ready) {
    lk_become_ready(device);
  } else {
    session->next_status = LK_NEVER;
    if (!session->is_reported) lk_tell(device, LK_EVENT_READY, NULL, device->applied_version);
    session->is_reported = true;
  }
}

void lk_on_configuration(struct lk_device* device, struct lk_slice message) {
  struct lk_slice values[COUNT];
  uint32_t version;
  bool is_ready;
  if (!read(device, message, values)) return;
  report(device, values);
  version = lk_json_integer(values[CONFIG_VERSION]);
  is_ready = lk_json_is(values[STATE], "ready");
  device->has_worked = true;
  device->session.is_answered = true;
  device->session.is_due = false;
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
  answer(device, version, is_ready);
}
