#include "lk_csr.h"

#include "lk_der.h"
#include "lk_writer.h"

#include <string.h>

#if LK_HAS_P256

static const uint8_t version_1[] = {0x02, 0x01, 0x00};
static const uint8_t common_name_oid[] = {0x06, 0x03, 0x55, 0x04, 0x03};
static const uint8_t key_info[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                   0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                   0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
static const uint8_t no_attributes[] = {0xA0, 0x00};
static const uint8_t ecdsa_sha256[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86,
                                       0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};

static void write_constant(struct lk_writer* writer, const uint8_t* bytes, size_t size) {
  const struct lk_bytes constant = {bytes, size};
  lk_write_bytes(writer, constant);
}

static void write_tag(struct lk_writer* writer, uint8_t tag, size_t size) {
  lk_write_byte(writer, tag);
  if (size >= 0x100) {
    lk_write_byte(writer, 0x82);
    lk_write_byte(writer, (uint8_t)(size >> 8));
  } else if (size >= 0x80) {
    lk_write_byte(writer, 0x81);
  }
  lk_write_byte(writer, (uint8_t)size);
}

/* CertificationRequestInfo (RFC 2986, 4.1). */
static void write_info(struct lk_writer* writer, const char* common_name,
                       const uint8_t point[LK_POINT_BYTES]) {
  const size_t name = strlen(common_name);
  write_tag(writer, LK_DER_SEQUENCE,
            sizeof version_1 + name + 13 + sizeof key_info + LK_POINT_BYTES + sizeof no_attributes);
  write_constant(writer, version_1, sizeof version_1);
  write_tag(writer, LK_DER_SEQUENCE, name + 11);
  write_tag(writer, LK_DER_SET, name + 9);
  write_tag(writer, LK_DER_SEQUENCE, name + 7);
  write_constant(writer, common_name_oid, sizeof common_name_oid);
  write_tag(writer, 0x0C, name); /* UTF8String */
  lk_write(writer, common_name);
  write_constant(writer, key_info, sizeof key_info);
  write_constant(writer, point, LK_POINT_BYTES);
  write_constant(writer, no_attributes, sizeof no_attributes);
}

size_t lk_csr_write(const struct lk_crypto* crypto, const uint8_t key[LK_KEY_BYTES], const char* common_name,
                    uint8_t out[LK_CSR_BYTES]) {
  const size_t room_for_header = 4;
  const struct lk_bytes signer = {key, LK_KEY_BYTES};
  struct lk_writer writer = lk_write_to(out + room_for_header, LK_CSR_BYTES - room_for_header);
  struct lk_bytes info = {out + room_for_header, 0}, der = {NULL, 0};
  uint8_t raw[64], signature[72];
  size_t size, header;
  if (!crypto->public_key(crypto->context, key, raw)) return 0;
  write_info(&writer, common_name, raw);
  info.size = (size_t)(writer.at - info.data);
  if (crypto->sign(crypto->context, signer, info, raw, sizeof raw) != sizeof raw) return 0;
  der.data = signature;
  der.size = lk_der_write_signature(raw, signature);
  write_constant(&writer, ecdsa_sha256, sizeof ecdsa_sha256);
  write_tag(&writer, LK_DER_BITS, der.size + 1);
  lk_write_byte(&writer, 0);
  lk_write_bytes(&writer, der);
  size = (size_t)(writer.at - info.data);
  header = size >= 0x100 ? 4 : 3; /* the size is never below 0x80 */
  memmove(out + header, info.data, size);
  writer = lk_write_to(out, header);
  write_tag(&writer, LK_DER_SEQUENCE, size);
  return header + size;
}

#endif
