#include "lk_internal.h"

#include <string.h>

/* A JWE in Compact Serialization (docs/protocol.md, 3, `sealed`). */
struct jwe {
  struct lk_bytes header; /* as it was received, because the tag covers it */
  struct lk_slice iv, ciphertext, tag;
};

static bool split(struct lk_slice text, struct jwe* jwe) {
  struct lk_slice parts[5];
  size_t begin = 0, end, i;
  for (i = 0; i < 5; ++i) {
    for (end = begin; end < text.size && text.data[end] != '.'; ++end) {
    }
    if ((end == text.size) != (i == 4)) return false;
    parts[i].data = text.data + begin;
    parts[i].size = end - begin;
    begin = end + 1;
  }
  jwe->header = lk_view(parts[0]);
  jwe->iv = parts[2];
  jwe->ciphertext = parts[3];
  jwe->tag = parts[4];
  return parts[1].size == 0;
}

/* Decodes in place, and puts the tag after the ciphertext, where `open` expects it. */
static bool decode(struct jwe* jwe, struct lk_bytes* sealed) {
  if (!lk_decode(&jwe->iv, LK_BASE64URL) || jwe->iv.size != 12) return false;
  if (!lk_decode(&jwe->ciphertext, LK_BASE64URL)) return false;
  if (!lk_decode(&jwe->tag, LK_BASE64URL) || jwe->tag.size != 16) return false;
  memmove(jwe->ciphertext.data + jwe->ciphertext.size, jwe->tag.data, jwe->tag.size);
  *sealed = lk_view(jwe->ciphertext);
  sealed->size += jwe->tag.size;
  return true;
}

/* Decodes the header into the work buffer, because the message must keep it as it was received. */
static bool read_header(const struct lk_device* device, struct lk_bytes header, bool has_key,
                        struct lk_slice values[3]) {
  static const struct lk_json_member members[] = {{"alg", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                  {"enc", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                  {"epk", LK_JSON_OBJECT | LK_JSON_REQUIRED}};
  struct lk_slice json = {device->buffers.work, 0};
  if (header.size > device->buffers.work_size) return false;
  json.size = lk_base64_decode(header, LK_BASE64URL, json.data);
  if (json.size == LK_BASE64_BAD || !lk_json_read(json, members, has_key ? 3 : 2, values, true)) return false;
  return lk_json_is(values[0], has_key ? "ECDH-ES" : "dir") && lk_json_is(values[1], "A256GCM");
}

#if LK_HAS_P256
static bool read_point(struct lk_slice epk, uint8_t point[LK_POINT_BYTES]) {
  static const struct lk_json_member members[] = {{"kty", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                  {"crv", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                  {"x", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                  {"y", LK_JSON_TEXT | LK_JSON_REQUIRED}};
  struct lk_slice values[4];
  size_t i;
  if (!lk_json_read(epk, members, 4, values, true)) return false;
  for (i = 2; i < 4; ++i) {
    lk_json_unescape(&values[i]);
    if (!lk_decode(&values[i], LK_BASE64URL) || values[i].size != 32) return false;
    memcpy(point + 32 * (i - 2), values[i].data, 32);
  }
  return lk_json_is(values[0], "EC") && lk_json_is(values[1], "P-256");
}

/* Concat KDF (RFC 7518, 4.6.2) for A256GCM: one block. */
static bool agree(const struct lk_device* device, const uint8_t* own, struct lk_slice epk, uint8_t key[32]) {
  static const uint8_t before[] = {0, 0, 0, 1};
  static const uint8_t after[] = {0, 0, 0, 7, 'A', '2', '5', '6', 'G', 'C', 'M', 0,
                                  0, 0, 0, 0, 0,   0,   0,   0,   0,   1,   0};
  uint8_t point[LK_POINT_BYTES], text[sizeof before + 32 + sizeof after];
  const struct lk_bytes input = {text, sizeof text};
  bool done;
  memcpy(text, before, sizeof before);
  memcpy(text + sizeof before + 32, after, sizeof after);
  done = read_point(epk, point) &&
         device->crypto->agree(device->crypto->context, own, point, text + sizeof before) &&
         device->crypto->sha256(device->crypto->context, input, key);
  lk_wipe(text, sizeof text);
  return done;
}
#endif

static bool find_key(const struct lk_device* device, const uint8_t* own, struct lk_bytes header,
                     uint8_t key[32]) {
  struct lk_slice values[3];
  if (!read_header(device, header, own != NULL, values)) return false;
#if LK_HAS_P256
  if (own != NULL) return agree(device, own, values[2], key);
#endif
#if LK_HAS_SYMMETRIC
  if (own == NULL && device->setup->proof == LK_PROOF_KEY)
    return lk_derive(device, device->setup->key, "provisioning-sealed v1", key);
#endif
  return false;
}

static bool read_secrets(struct lk_slice plaintext, struct lk_secrets* secrets) {
  static const struct lk_json_member members[] = {{"password", LK_JSON_TEXT}, {"config", LK_JSON_OBJECT}};
  struct lk_slice values[2];
  if (!lk_json_read(plaintext, members, 2, values, false)) return false;
  secrets->password = values[0];
  secrets->config = values[1];
  if (secrets->password.data != NULL) lk_json_unescape(&secrets->password);
  return true;
}

bool lk_open_secrets(const struct lk_device* device, const uint8_t* encryption_key, struct lk_slice sealed,
                     struct lk_secrets* secrets) {
  struct jwe jwe;
  struct lk_bytes text;
  struct lk_slice plaintext = {device->buffers.work, 0};
  uint8_t key[32];
  bool done;
  lk_json_unescape(&sealed);
  if (!split(sealed, &jwe) || !find_key(device, encryption_key, jwe.header, key)) return false;
  done = decode(&jwe, &text) && text.size - 16 <= device->buffers.work_size;
  done = done &&
         device->crypto->open(device->crypto->context, key, jwe.iv.data, jwe.header, text, plaintext.data);
  lk_wipe(key, sizeof key);
  if (!done) return false;
  plaintext.size = text.size - 16;
  return read_secrets(plaintext, secrets);
}
