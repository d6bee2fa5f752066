#include "lk_certificate.h"
#include "lk_internal.h"

#include <string.h>

enum { TYPE, CHAIN, USERNAME, RENEW_AFTER, COUNT };
static const struct lk_json_member members[COUNT] = {{"type", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                     {"chain", LK_JSON_ARRAY},
                                                     {"username", LK_JSON_TEXT},
                                                     {"renew_after", LK_JSON_INTEGER}};

/* The service answered with another kind of credential, or for another key: its fault, so the request stays
 * open. */
static const char not_usable[] = "the answer cannot be used: it is not the credential that was asked for";
static const char not_opened[] = "the answer cannot be used: its secrets cannot be opened";

static enum lk_result unusable(struct lk_device* device, const char* why) {
  lk_remark(device, why);
  lk_exchange_wait(device, LK_NEVER);
  return LK_GOES_ON;
}

/* Which slot the new credential overwrites. On the operational connection: not the one in use. On the
 * bootstrap connection neither is in use. If the device signed `connected` for the newer credential, the
 * service may have ended the older one. If not, it cannot have confirmed the newer one, and the older one may
 * still work. */
static unsigned free_slot(const struct lk_device* device, uint32_t generation) {
  const struct lk_known_credential* const known = device->credentials;
  const unsigned newer = known[1].generation > known[0].generation ? 1 : 0;
  unsigned i;
  for (i = 0; i < 2; ++i)
    if (known[i].generation == 0 || known[i].generation == generation) return i;
  if (device->mode == LK_MODE_OPERATE) return 1U - device->place;
  return device->signed_generation >= known[newer].generation ? 1 - newer : newer;
}

#if LK_HAS_P256
/* Checks also that the leaf is for the request's key: another one could not be used. */
static bool write_chain(const struct lk_device* device, struct lk_writer* writer, struct lk_slice list,
                        const struct lk_request* request, uint32_t* not_after) {
  uint8_t point[LK_POINT_BYTES];
  struct lk_certificate leaf;
  struct lk_slice text;
  bool is_leaf = true;
  if (list.data == NULL || !device->crypto->public_key(device->crypto->context, request->key, point))
    return false;
  while (lk_json_next_text(&list, &text)) {
    uint8_t* const item = lk_begin_item(writer);
    lk_json_unescape(&text);
    if (!lk_decode(&text, LK_BASE64)) return false;
    if (is_leaf && (!lk_certificate_read(lk_view(text), &leaf) || leaf.point == NULL)) return false;
    if (is_leaf && memcmp(leaf.point, point, sizeof point) != 0) return false;
    if (is_leaf) *not_after = leaf.not_after;
    is_leaf = false;
    lk_write_bytes(writer, lk_view(text));
    lk_end_item(writer, item);
  }
  return !is_leaf && list.size == 0;
}
#endif

static bool write_password(struct lk_writer* writer, struct lk_slice username, struct lk_bytes password) {
  uint8_t* item = lk_begin_item(writer);
  if (username.data == NULL || password.data == NULL) return false;
  lk_json_unescape(&username);
  lk_write_bytes(writer, lk_view(username));
  lk_write_byte(writer, 0);
  lk_end_item(writer, item);
  item = lk_begin_item(writer);
  lk_write_bytes(writer, password);
  lk_end_item(writer, item);
  return username.size > 0;
}

static bool write_login(const struct lk_device* device, struct lk_writer* writer,
                        const struct lk_slice* values, const struct lk_request* request,
                        struct lk_bytes password, uint32_t* not_after) {
  uint8_t* const login = lk_begin_item(writer);
  bool done = false;
  if (!request->has_key)
    done = lk_json_is(values[TYPE], "password") && write_password(writer, values[USERNAME], password);
#if LK_HAS_P256
  else
    done = lk_json_is(values[TYPE], "x509") && values[RENEW_AFTER].data != NULL &&
           write_chain(device, writer, values[CHAIN], request, not_after);
#else
  (void)device;
  (void)not_after;
#endif
  lk_end_item(writer, login);
  return done;
}

/* `not_after` is known only after the chain was read, so it is written last. */
static bool write_record(const struct lk_device* device, struct lk_writer* writer,
                         const struct lk_acceptance* accepted, const struct lk_request* request,
                         struct lk_bytes password) {
  uint8_t* const record = writer->at;
  struct lk_credential credential;
  struct lk_slice values[COUNT];
  uint32_t not_after = LK_NEVER;
  if (!lk_json_read(accepted->credential, members, COUNT, values, false)) return false;
  memset(&credential, 0, sizeof credential);
  credential.generation = accepted->generation;
  credential.renew_after = values[RENEW_AFTER].data == NULL ? 0 : lk_json_integer(values[RENEW_AFTER]);
  credential.is_password = !request->has_key;
  credential.is_by_service = device->setup->proof != LK_PROOF_KEY || device->exchange.renews > 0;
  lk_write_credential(writer, &credential, request);
  if (!write_login(device, writer, values, request, password, &not_after)) return false;
  if (!lk_write_connection(writer, accepted->connection)) return false;
  lk_put_u32(record + 10, not_after);
  return true;
}

/* Copies the password, because the record will overwrite the decrypted secrets in the work buffer. */
static enum lk_result take_secrets(struct lk_device* device, const struct lk_acceptance* accepted,
                                   const struct lk_request* request, uint8_t password[LK_PASSWORD_MAX],
                                   size_t* size) {
  struct lk_secrets secrets = {{NULL, 0}, {NULL, 0}};
  struct lk_slice config = accepted->config;
  if (accepted->sealed.data != NULL && accepted->sealed.size > 0) {
    const uint8_t* const key = request->has_encryption_key ? request->encryption_key : NULL;
    if (!lk_open_secrets(device, key, accepted->sealed, &secrets)) return unusable(device, not_opened);
    if (secrets.config.data != NULL) config = secrets.config;
  }
  if (secrets.password.size > LK_PASSWORD_MAX) return unusable(device, not_usable);
  *size = secrets.password.size;
  if (*size > 0) memcpy(password, secrets.password.data, *size);
  if (config.data == NULL) return LK_STORED;
  if (!request->has_key && *size == 0) return LK_STORED; /* write_record refuses it: keep no configuration */
  return lk_store_config(device, accepted->config_version, config, secrets.config.data != NULL) ? LK_STORED
                                                                                                : LK_DAMAGED;
}

static enum lk_result take(struct lk_device* device, const struct lk_acceptance* accepted,
                           const struct lk_request* request) {
  struct lk_writer writer = lk_write_to(device->buffers.work, device->buffers.work_size);
  uint8_t password[LK_PASSWORD_MAX];
  struct lk_bytes given = {password, 0}, record = {device->buffers.work, 0};
  enum lk_result result = take_secrets(device, accepted, request, password, &given.size);
  if (result == LK_STORED) {
    if (given.size == 0) given.data = NULL;
    if (!write_record(device, &writer, accepted, request, given) || writer.overflowed)
      result = unusable(device,
                        writer.overflowed ? "the credential does not fit into the work buffer" : not_usable);
  }
  lk_wipe(password, sizeof password);
  if (result != LK_STORED) return result;
  record.size = (size_t)(writer.at - record.data);
  return lk_store_credential(device, free_slot(device, accepted->generation), record) ? LK_STORED
                                                                                      : LK_DAMAGED;
}

enum lk_result lk_accept(struct lk_device* device, const struct lk_acceptance* accepted) {
  struct lk_request request;
  enum lk_result result;
  if (!lk_load_request(device, &request)) return LK_DAMAGED;
  result = take(device, accepted, &request);
  lk_wipe(&request, sizeof request);
  if (result == LK_STORED) device->issued = accepted->generation;
  return result;
}
