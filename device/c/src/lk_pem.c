#include "../lk_pem.h"

#include "lk_writer.h"

#include <string.h>

#if LK_HAS_P256

static size_t finish(struct lk_writer* writer, const void* begin) {
  const size_t size = (size_t)(writer->at - (const uint8_t*)begin);
  lk_write_byte(writer, 0);
  return writer->overflowed ? 0 : size;
}

size_t lk_key_der(const struct lk_crypto* crypto, const uint8_t key[LK_KEY_BYTES], uint8_t* out,
                  size_t room) {
  static const uint8_t before[] = {0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};
  static const uint8_t between[] = {0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
                                    0x03, 0x01, 0x07, 0xA1, 0x44, 0x03, 0x42, 0x00, 0x04};
  const size_t size = sizeof before + LK_KEY_BYTES + sizeof between + LK_POINT_BYTES;
  if (room < size || !crypto->public_key(crypto->context, key, out + size - LK_POINT_BYTES)) return 0;
  memcpy(out, before, sizeof before);
  memcpy(out + sizeof before, key, LK_KEY_BYTES);
  memcpy(out + sizeof before + LK_KEY_BYTES, between, sizeof between);
  return size;
}

static size_t write_pem(const char* label, struct lk_bytes der, char* out, size_t room) {
  struct lk_writer writer = lk_write_to((uint8_t*)out, room);
  size_t at;
  lk_write(&writer, "-----BEGIN ");
  lk_write(&writer, label);
  lk_write(&writer, "-----\n");
  for (at = 0; at < der.size; at += 48) {
    struct lk_bytes line = {der.data + at, der.size - at < 48 ? der.size - at : 48};
    lk_write_base64(&writer, line);
    lk_write_byte(&writer, '\n');
  }
  lk_write(&writer, "-----END ");
  lk_write(&writer, label);
  lk_write(&writer, "-----\n");
  return finish(&writer, out);
}

size_t lk_key_pem(const struct lk_crypto* crypto, const uint8_t key[LK_KEY_BYTES], char* out, size_t room) {
  uint8_t der[128];
  struct lk_bytes bytes = {der, 0};
  size_t size = 0;
  bytes.size = lk_key_der(crypto, key, der, sizeof der);
  if (bytes.size > 0) size = write_pem("EC PRIVATE KEY", bytes, out, room);
  lk_wipe(der, sizeof der);
  return size;
}

size_t lk_certificate_pem(struct lk_bytes der, char* out, size_t room) {
  return write_pem("CERTIFICATE", der, out, room);
}

#endif
