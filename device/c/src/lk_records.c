#include "lk_internal.h"

#include <string.h>

/* Each record begins with a byte for its format. Numbers are big-endian. */
enum { FORMAT = 1 };

/* REQUEST: format, flags, renews, id, key, encryption key. */
enum {
  REQUEST_HAS_KEY = 1,
  REQUEST_HAS_ENCRYPTION_KEY = 2,
  REQUEST_BYTES = 6 + LK_ID_BYTES + 2 * LK_KEY_BYTES
};

/* CREDENTIAL: format, flags, generation, renew_after, not_after, request id, key, encryption key, the login
 * (its size and a list), the connection. */
enum {
  IS_PASSWORD = 1,
  IS_BY_SERVICE = 2,
  HAS_ENCRYPTION_KEY = 4,
  AT_ID = 14,
  AT_KEY = AT_ID + LK_ID_BYTES,
  AT_ENCRYPTION_KEY = AT_KEY + LK_KEY_BYTES,
  AT_LOGIN = AT_ENCRYPTION_KEY + LK_KEY_BYTES
};

static size_t get(const struct lk_device* device, enum lk_slot slot, uint8_t* bytes, size_t room) {
  const size_t size = device->store->get(device->store->context, slot, bytes, room);
  return size <= room && size > 0 && bytes[0] == FORMAT ? size : 0;
}

static bool put(const struct lk_device* device, enum lk_slot slot, const uint8_t* bytes, size_t size) {
  if (device->store->put(device->store->context, slot, bytes, size)) return true;
  lk_remark(device, "the device's memory cannot be written");
  return false;
}

bool lk_store_request(const struct lk_device* device, const struct lk_request* request) {
  uint8_t record[REQUEST_BYTES];
  bool done;
  if (request == NULL) return put(device, LK_SLOT_REQUEST, NULL, 0);
  record[0] = FORMAT;
  record[1] = (uint8_t)((request->has_key ? REQUEST_HAS_KEY : 0) |
                        (request->has_encryption_key ? REQUEST_HAS_ENCRYPTION_KEY : 0));
  lk_put_u32(record + 2, request->renews);
  memcpy(record + 6, request->id, LK_ID_BYTES);
  memcpy(record + 6 + LK_ID_BYTES, request->key, LK_KEY_BYTES);
  memcpy(record + 6 + LK_ID_BYTES + LK_KEY_BYTES, request->encryption_key, LK_KEY_BYTES);
  done = put(device, LK_SLOT_REQUEST, record, sizeof record);
  lk_wipe(record, sizeof record);
  return done;
}

bool lk_load_request(const struct lk_device* device, struct lk_request* request) {
  uint8_t record[REQUEST_BYTES];
  if (get(device, LK_SLOT_REQUEST, record, sizeof record) != sizeof record) return false;
  request->has_key = (record[1] & REQUEST_HAS_KEY) != 0;
  request->has_encryption_key = (record[1] & REQUEST_HAS_ENCRYPTION_KEY) != 0;
  request->renews = lk_get_u32(record + 2);
  memcpy(request->id, record + 6, LK_ID_BYTES);
  memcpy(request->key, record + 6 + LK_ID_BYTES, LK_KEY_BYTES);
  memcpy(request->encryption_key, record + 6 + LK_ID_BYTES + LK_KEY_BYTES, LK_KEY_BYTES);
  lk_wipe(record, sizeof record);
  return true;
}

enum lk_slot lk_credential_slot(unsigned index) {
  return index == 0 ? LK_SLOT_CREDENTIAL_1 : LK_SLOT_CREDENTIAL_2;
}

void lk_write_credential(struct lk_writer* writer, const struct lk_credential* credential,
                         const struct lk_request* request) {
  const struct lk_bytes id = {request->id, LK_ID_BYTES}, key = {request->key, LK_KEY_BYTES},
                        encryption_key = {request->encryption_key, LK_KEY_BYTES};
  const uint32_t numbers[] = {credential->generation, credential->renew_after, credential->not_after};
  uint8_t number[4];
  const struct lk_bytes number_bytes = {number, sizeof number};
  size_t i;
  lk_write_byte(writer, FORMAT);
  lk_write_byte(writer, (uint8_t)((credential->is_password ? IS_PASSWORD : 0) |
                                  (credential->is_by_service ? IS_BY_SERVICE : 0) |
                                  (request->has_encryption_key ? HAS_ENCRYPTION_KEY : 0)));
  for (i = 0; i < 3; ++i) {
    lk_put_u32(number, numbers[i]);
    lk_write_bytes(writer, number_bytes);
  }
  lk_write_bytes(writer, id);
  lk_write_bytes(writer, key);
  lk_write_bytes(writer, encryption_key);
}

static bool read_credential(struct lk_bytes record, struct lk_credential* credential) {
  struct lk_list rest;
  struct lk_bytes login;
  memset(credential, 0, sizeof *credential);
  if (record.size < AT_LOGIN) return false;
  credential->is_password = (record.data[1] & IS_PASSWORD) != 0;
  credential->is_by_service = (record.data[1] & IS_BY_SERVICE) != 0;
  credential->has_encryption_key = (record.data[1] & HAS_ENCRYPTION_KEY) != 0;
  credential->generation = lk_get_u32(record.data + 2);
  credential->renew_after = lk_get_u32(record.data + 6);
  credential->not_after = lk_get_u32(record.data + 10);
  credential->request_id = record.data + AT_ID;
  credential->key = record.data + AT_KEY;
  credential->encryption_key = record.data + AT_ENCRYPTION_KEY;
  rest.data = record.data + AT_LOGIN;
  rest.size = record.size - AT_LOGIN;
  if (!lk_list_next(&rest, &login)) return false;
  credential->login.data = login.data;
  credential->login.size = login.size;
  credential->head.data = record.data;
  credential->head.size = record.size - rest.size;
  return true;
}

static bool finish(const struct lk_device* device, size_t size, struct lk_credential* credential) {
  const struct lk_bytes connection = {device->buffers.work + credential->head.size,
                                      size - credential->head.size};
  return lk_read_connection(connection, &credential->connection);
}

bool lk_load_credential(const struct lk_device* device, unsigned index, struct lk_credential* credential) {
  struct lk_bytes record = {device->buffers.work, 0};
  record.size = get(device, lk_credential_slot(index), device->buffers.work, device->buffers.work_size);
  return read_credential(record, credential) && finish(device, record.size, credential);
}

/* In the work buffer the newer connection overwrites the one of the credential's record. */
bool lk_load_place(const struct lk_device* device, struct lk_credential* credential) {
  uint8_t* connection;
  size_t size, room;
  if (!lk_load_credential(device, device->place, credential)) return false;
  if (!device->place_is_moved) return true;
  connection = device->buffers.work + credential->head.size;
  room = device->buffers.work_size - credential->head.size;
  size = get(device, LK_SLOT_CONNECTION, connection, room);
  if (size < 5) return false;
  memmove(connection, connection + 5, size - 5);
  return finish(device, credential->head.size + size - 5, credential);
}

bool lk_store_credential(struct lk_device* device, unsigned index, struct lk_bytes record) {
  if (!put(device, lk_credential_slot(index), record.data, record.size)) return false;
  device->credentials[index].generation = lk_get_u32(record.data + 2);
  device->credentials[index].renew_after = lk_get_u32(record.data + 6);
  device->credentials[index].not_after = lk_get_u32(record.data + 10);
  return true;
}

void lk_drop_credential(struct lk_device* device, unsigned index) {
  if (device->credentials[index].generation == 0) return;
  if (put(device, lk_credential_slot(index), NULL, 0)) device->credentials[index].generation = 0;
}

/* CONNECTION: format, generation, the connection. */
bool lk_store_connection(struct lk_device* device, uint32_t generation, struct lk_bytes connection) {
  uint8_t* const record = device->buffers.message; /* no longer needed: `connection` is in the work buffer */
  if (generation != 0) {
    if (connection.size + 5 > device->buffers.message_size) return false;
    memmove(record + 5, connection.data, connection.size);
    record[0] = FORMAT;
    lk_put_u32(record + 1, generation);
  }
  if (!put(device, LK_SLOT_CONNECTION, record, generation == 0 ? 0 : connection.size + 5)) return false;
  device->moving = generation;
  return true;
}

bool lk_adopt_connection(struct lk_device* device) {
  struct lk_credential credential;
  struct lk_bytes record = {device->buffers.work, 0};
  const struct lk_bytes nothing = {NULL, 0};
  if (!lk_load_place(device, &credential)) return false;
  record.size =
      (size_t)(credential.connection.anchors.data + credential.connection.anchors.size - record.data);
  if (!lk_store_credential(device, device->place, record)) return false;
  device->place_is_moved = false;
  return lk_store_connection(device, 0, nothing);
}

struct lk_bytes lk_read_connection_record(const struct lk_device* device, unsigned index, bool is_moved) {
  struct lk_bytes record = {device->buffers.message, 0};
  struct lk_credential credential;
  const enum lk_slot slot = is_moved ? LK_SLOT_CONNECTION : lk_credential_slot(index);
  record.size = get(device, slot, device->buffers.message, device->buffers.message_size);
  credential.head.size = 5;
  if (record.size < 5 || (!is_moved && !read_credential(record, &credential))) {
    record.size = 0;
    return record;
  }
  record.data += credential.head.size;
  record.size -= credential.head.size;
  return record;
}

/* CONFIG: format (+ 0x80 if it was sealed), version, JSON. */
bool lk_store_config(struct lk_device* device, uint32_t version, struct lk_slice json, bool was_sealed) {
  uint8_t* const record = json.data - 5; /* the name of the member `config` is there */
  if (version <= device->config_version) return true;
  record[0] = was_sealed ? 0x80 | FORMAT : FORMAT;
  lk_put_u32(record + 1, version);
  if (!put(device, LK_SLOT_CONFIG, record, json.size + 5)) return false;
  device->config_version = version;
  return true;
}

bool lk_load_config(const struct lk_device* device, struct lk_config* config) {
  uint8_t* const record = device->buffers.message;
  const size_t size =
      device->store->get(device->store->context, LK_SLOT_CONFIG, record, device->buffers.message_size);
  if (size < 5 || size > device->buffers.message_size || (record[0] & 0x7F) != FORMAT) return false;
  config->was_sealed = (record[0] & 0x80) != 0;
  config->version = lk_get_u32(record + 1);
  config->json.data = record + 5;
  config->json.size = size - 5;
  return true;
}

/* CLOCK, APPLIED: format, number. */
bool lk_store_number(const struct lk_device* device, enum lk_slot slot, uint32_t number) {
  uint8_t record[5] = {FORMAT};
  lk_put_u32(record + 1, number);
  return put(device, slot, record, sizeof record);
}

uint32_t lk_load_number(const struct lk_device* device, enum lk_slot slot) {
  uint8_t record[5];
  const size_t size = device->store->get(device->store->context, slot, record, sizeof record);
  return size >= sizeof record && (record[0] & 0x7F) == FORMAT ? lk_get_u32(record + 1) : 0;
}

void lk_load_known(struct lk_device* device) {
  struct lk_credential credential;
  unsigned i;
  for (i = 0; i < 2; ++i) {
    const bool is_there = lk_load_credential(device, i, &credential);
    device->credentials[i].generation = is_there ? credential.generation : 0;
    device->credentials[i].renew_after = is_there ? credential.renew_after : 0;
    device->credentials[i].not_after = is_there ? credential.not_after : 0;
  }
  device->moving = lk_load_number(device, LK_SLOT_CONNECTION);
  device->config_version = lk_load_number(device, LK_SLOT_CONFIG);
  device->applied_version = lk_load_number(device, LK_SLOT_APPLIED);
  device->server_time = lk_load_number(device, LK_SLOT_CLOCK);
  device->heard = LK_NEVER;
}
