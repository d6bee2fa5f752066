#include "lk_internal.h"

#include <string.h>

/* Collects in the work buffer the anchors that came with stored connections: anchors may have been replaced
 * while the device was off. A credential whose record does not fit beside them is left out. */
static struct lk_list learned_anchors(struct lk_device* device) {
  uint8_t* const work = device->buffers.work;
  const size_t room = device->buffers.work_size;
  struct lk_list anchors = {work, 0};
  struct lk_credential credential;
  unsigned i;
  for (i = 0; i < 4; ++i) {
    size_t size;
    device->place = (uint8_t)(i & 1);
    device->place_is_moved = i >= 2;
    if (device->credentials[i & 1].generation == 0) continue;
    if (device->place_is_moved && device->moving != device->credentials[i & 1].generation) continue;
    device->buffers.work = work + anchors.size;
    device->buffers.work_size = room - anchors.size;
    if (!lk_load_place(device, &credential)) continue;
    size = credential.connection.anchors.size;
    memmove(device->buffers.work, credential.connection.anchors.data, size);
    anchors.size += size;
  }
  device->buffers.work = work;
  device->buffers.work_size = room;
  return anchors;
}

static void write_bootstrap(struct lk_device* device, struct lk_connect* connect) {
  const struct lk_setup* const setup = device->setup;
  connect->is_bootstrap = true;
  connect->host = setup->host;
  connect->port = setup->port;
  connect->tls = !setup->plain;
  connect->client_id = setup->device_id;
  connect->username = setup->username;
  connect->password = lk_text(setup->password);
  connect->anchors = setup->anchors;
  connect->anchors_size = setup->anchors_size;
  connect->more_anchors = learned_anchors(device);
  connect->check_dates_at = lk_now(device);
}

bool lk_write_connect(struct lk_device* device, struct lk_connect* connect) {
  struct lk_credential credential;
  struct lk_bytes text;
  if (device->mode == LK_MODE_ENROL) {
    write_bootstrap(device, connect);
    return true;
  }
  if (!lk_load_place(device, &credential)) return false;
  connect->host = credential.connection.host;
  connect->port = credential.connection.port;
  connect->tls = credential.connection.tls;
  connect->client_id = credential.connection.client_id;
  connect->more_anchors = credential.connection.anchors;
  if (connect->more_anchors.size == 0) {
    connect->anchors = device->setup->anchors;
    connect->anchors_size = device->setup->anchors_size;
  }
  connect->check_dates_at = lk_guess_now(device);
  if (credential.is_password) {
    if (lk_list_next(&credential.login, &text)) connect->username = (const char*)text.data;
    (void)lk_list_next(&credential.login, &connect->password);
  } else {
    connect->chain = credential.login;
    connect->key.data = credential.key;
    connect->key.size = LK_KEY_BYTES;
  }
  return lk_compose_will(device, &credential.connection, connect);
}
