#include "lk_certificate.h"
#include "lk_internal.h"

#include <string.h>

/* The parts of a compact JWS. */
struct parts {
  struct lk_bytes signed_text; /* header, dot, payload */
  struct lk_slice header, payload, signature;
};

static bool split(struct lk_slice message, struct parts* parts) {
  struct lk_slice* const each[] = {&parts->header, &parts->payload, &parts->signature};
  size_t begin = 0, end, i;
  for (i = 0; i < 3; ++i) {
    for (end = begin; end < message.size && message.data[end] != '.'; ++end) {
    }
    if ((end == message.size) != (i == 2)) return false;
    each[i]->data = message.data + begin;
    each[i]->size = end - begin;
    begin = end + 1;
  }
  parts->signed_text.data = message.data;
  parts->signed_text.size = parts->header.size + 1 + parts->payload.size;
  return true;
}

bool lk_derive(const struct lk_device* device, struct lk_bytes key, const char* label, uint8_t out[32]) {
  return device->crypto->hmac_sha256(device->crypto->context, key, lk_text(label), out);
}

/* The header must have these members and no others: without `x5c` if that is NULL. */
static bool check_header(struct lk_slice* header, const char* type, const char* algorithm,
                         struct lk_slice* x5c) {
  static const struct lk_json_member members[] = {{"typ", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                  {"alg", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                  {"x5c", LK_JSON_ARRAY | LK_JSON_REQUIRED}};
  struct lk_slice values[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
  const size_t count = x5c == NULL ? 2 : 3;
  if (!lk_decode(header, LK_BASE64URL) || !lk_json_read(*header, members, count, values, true)) return false;
  if (x5c != NULL) *x5c = values[2];
  return lk_json_is(values[0], type) && lk_json_is(values[1], algorithm);
}

#if LK_HAS_SYMMETRIC
static bool open_by_key(const struct lk_device* device, struct parts* parts, const char* type) {
  uint8_t key[32], mac[32];
  const struct lk_bytes answer_key = {key, sizeof key};
  bool is_good = lk_derive(device, device->setup->key, "provisioning-response v1", key) &&
                 device->crypto->hmac_sha256(device->crypto->context, answer_key, parts->signed_text, mac);
  lk_wipe(key, sizeof key);
  is_good = is_good && lk_decode(&parts->signature, LK_BASE64URL) && parts->signature.size == sizeof mac &&
            lk_same_secret(mac, parts->signature.data, sizeof mac);
  lk_wipe(mac, sizeof mac);
  return is_good && check_header(&parts->header, type, "HS256", NULL);
}
#endif

#if LK_HAS_P256
static bool is_issued_by(const struct lk_device* device, const struct lk_certificate* signer,
                         struct lk_bytes anchor) {
  struct lk_certificate issuer;
  return lk_certificate_read(anchor, &issuer) && lk_certificate_is_issued_by(signer, &issuer, device->crypto);
}

static bool is_issued_by_factory(const struct lk_device* device, const struct lk_certificate* signer) {
  size_t i;
  for (i = 0; i < device->setup->anchors_size; ++i)
    if (is_issued_by(device, signer, device->setup->anchors[i])) return true;
  return false;
}

static bool is_issued_by_list(const struct lk_device* device, const struct lk_certificate* signer,
                              struct lk_list list) {
  struct lk_bytes anchor;
  while (lk_list_next(&list, &anchor))
    if (is_issued_by(device, signer, anchor)) return true;
  return false;
}

/* The anchors that came with the connection in use replace the factory's. */
static bool is_issued_at_place(const struct lk_device* device, const struct lk_certificate* signer) {
  struct lk_credential credential;
  if (!lk_load_place(device, &credential)) return false;
  return credential.connection.anchors.size > 0
             ? is_issued_by_list(device, signer, credential.connection.anchors)
             : is_issued_by_factory(device, signer);
}

/* The factory's anchors and all that came with connections count: anchors may have been replaced while the
 * device was off. */
static bool is_issued_anywhere(struct lk_device* device, const struct lk_certificate* signer) {
  const uint8_t place = device->place;
  const bool was_moved = device->place_is_moved;
  struct lk_credential credential;
  bool is_issued = is_issued_by_factory(device, signer);
  unsigned i;
  for (i = 0; i < 4 && !is_issued; ++i) {
    device->place = (uint8_t)(i & 1);
    device->place_is_moved = i >= 2;
    if (device->place_is_moved && device->moving != device->credentials[i & 1].generation) continue;
    if (device->credentials[i & 1].generation == 0 || !lk_load_place(device, &credential)) continue;
    is_issued = is_issued_by_list(device, signer, credential.connection.anchors);
  }
  device->place = place;
  device->place_is_moved = was_moved;
  return is_issued;
}

static bool is_within_dates(const struct lk_device* device, const struct lk_certificate* signer) {
  const uint32_t now = lk_now(device);
  if (signer->not_after < device->server_time) return false;
  return now == 0 || (signer->not_before <= now && now <= signer->not_after);
}

static bool open_by_service(struct lk_device* device, struct parts* parts, const char* type, bool at_place) {
  uint8_t digest[32];
  struct lk_slice x5c, text;
  struct lk_certificate signer;
  if (!device->crypto->sha256(device->crypto->context, parts->signed_text, digest)) return false;
  if (!lk_decode(&parts->signature, LK_BASE64URL) || parts->signature.size != 64) return false;
  if (!check_header(&parts->header, type, "ES256", &x5c)) return false;
  if (!lk_json_next_text(&x5c, &text) || x5c.size != 0) return false;
  lk_json_unescape(&text);
  if (!lk_decode(&text, LK_BASE64) || !lk_certificate_read(lk_view(text), &signer)) return false;
  if (!signer.signs_answers || signer.point == NULL || !is_within_dates(device, &signer)) return false;
  if (!(at_place ? is_issued_at_place(device, &signer) : is_issued_anywhere(device, &signer))) return false;
  return device->crypto->verify(device->crypto->context, signer.point, digest, parts->signature.data);
}
#endif

bool lk_jws_open(struct lk_device* device, struct lk_slice message, const char* type, bool by_service,
                 bool at_place, struct lk_slice* payload) {
  struct parts parts;
  bool is_good = false;
  (void)at_place;
  if (message.size > LK_LARGEST_MESSAGE || !split(message, &parts)) return false;
#if LK_HAS_P256
  if (by_service) is_good = open_by_service(device, &parts, type, at_place);
#endif
#if LK_HAS_SYMMETRIC
  if (!by_service) is_good = device->setup->proof == LK_PROOF_KEY && open_by_key(device, &parts, type);
#endif
  *payload = parts.payload;
  return is_good && lk_decode(payload, LK_BASE64URL);
}
