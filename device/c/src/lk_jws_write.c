#include "lk_internal.h"

/* The headers of docs/protocol.md, 2 and 5. */

static void write_group(const struct lk_device* device, struct lk_writer* writer) {
  if (device->setup->group == NULL) return;
  lk_write(writer, ",\"kid\":");
  lk_write_json(writer, device->setup->group);
}

#if LK_HAS_P256
static void write_chain(const struct lk_device* device, struct lk_writer* writer) {
  size_t i;
  if (device->setup->chain_size == 0) return;
  lk_write(writer, ",\"x5c\":[");
  for (i = 0; i < device->setup->chain_size; ++i) {
    lk_write(writer, i == 0 ? "\"" : ",\"");
    lk_write_base64(writer, device->setup->chain[i]);
    lk_write_byte(writer, '"');
  }
  lk_write_byte(writer, ']');
}

static void write_thumbprint(const struct lk_device* device, struct lk_writer* writer,
                             const struct lk_credential* credential) {
  struct lk_list chain = credential->login;
  struct lk_bytes leaf = {NULL, 0};
  uint8_t digest[32];
  const struct lk_bytes thumbprint = {digest, sizeof digest};
  (void)lk_list_next(&chain, &leaf);
  if (!device->crypto->sha256(device->crypto->context, leaf, digest)) writer->overflowed = true;
  lk_write(writer, ",\"x5t#S256\":\"");
  lk_write_base64url(writer, thumbprint);
  lk_write_byte(writer, '"');
}
#endif

static void write_username(struct lk_writer* writer, const struct lk_credential* credential) {
  struct lk_list login = credential->login;
  struct lk_bytes name;
  if (!lk_list_next(&login, &name)) return;
  lk_write(writer, ",\"kid\":");
  lk_write_json(writer, (const char*)name.data);
}

static const char* algorithm_of(const struct lk_device* device, enum lk_signer signer) {
  if (signer == LK_BY_KEY || signer == LK_BY_PASSWORD) return "HS256";
  if (signer == LK_BY_PRIVATE_KEY && device->setup->algorithm != NULL) return device->setup->algorithm;
  return "ES256";
}

void lk_jws_begin(const struct lk_device* device, struct lk_writer* writer, const char* type,
                  enum lk_signer signer, const struct lk_credential* credential) {
  lk_begin_base64url(writer);
  lk_write(writer, "{\"typ\":\"");
  lk_write(writer, type);
  lk_write(writer, "\",\"alg\":\"");
  lk_write(writer, algorithm_of(device, signer));
  lk_write_byte(writer, '"');
  if (signer == LK_BY_KEY || signer == LK_BY_PRIVATE_KEY) write_group(device, writer);
#if LK_HAS_P256
  if (signer == LK_BY_PRIVATE_KEY) write_chain(device, writer);
  if (signer == LK_BY_CERTIFICATE) write_thumbprint(device, writer, credential);
#endif
  if (signer == LK_BY_PASSWORD) write_username(writer, credential);
  lk_write_byte(writer, '}');
  lk_end_base64url(writer);
  lk_write_byte(writer, '.');
  lk_begin_base64url(writer);
}

static bool mac(const struct lk_device* device, struct lk_bytes key, struct lk_bytes text,
                struct lk_writer* writer) {
  uint8_t out[32];
  const struct lk_bytes bytes = {out, sizeof out};
  if (!device->crypto->hmac_sha256(device->crypto->context, key, text, out)) return false;
  lk_write_base64url(writer, bytes);
  return true;
}

static bool mac_by_password(const struct lk_device* device, const struct lk_credential* credential,
                            struct lk_bytes text, struct lk_writer* writer) {
  struct lk_list login = credential->login;
  struct lk_bytes password;
  uint8_t key[32];
  const struct lk_bytes derived = {key, sizeof key};
  bool done = lk_list_next(&login, &password) && lk_list_next(&login, &password) &&
              lk_derive(device, password, "provisioning-status v1", key);
  done = done && mac(device, derived, text, writer);
  lk_wipe(key, sizeof key);
  return done;
}

#if LK_HAS_P256
/* The signature is made at the end of the buffer, so that its own base64url text does not overwrite it. */
static bool sign(const struct lk_device* device, struct lk_bytes key, struct lk_bytes text,
                 struct lk_writer* writer) {
  const size_t room = (size_t)(writer->end - writer->at);
  uint8_t* const out = writer->end - room * 3 / 7; /* 3 of 7 bytes: the encoding needs the other 4 */
  struct lk_bytes signature = {out, 0};
  signature.size = device->crypto->sign(device->crypto->context, key, text, out, (size_t)(writer->end - out));
  if (signature.size == 0) return false;
  lk_write_base64url(writer, signature);
  return true;
}
#endif

bool lk_jws_end(const struct lk_device* device, struct lk_writer* writer, const uint8_t* jws,
                enum lk_signer signer, const struct lk_credential* credential) {
  struct lk_bytes text = {jws, 0};
  lk_end_base64url(writer);
  text.size = (size_t)(writer->at - jws);
  lk_write_byte(writer, '.');
  if (writer->overflowed) return false;
  if (signer == LK_BY_KEY) return mac(device, device->setup->key, text, writer) && !writer->overflowed;
  if (signer == LK_BY_PASSWORD)
    return mac_by_password(device, credential, text, writer) && !writer->overflowed;
#if LK_HAS_P256
  if (signer == LK_BY_CERTIFICATE) {
    const struct lk_bytes key = {credential->key, LK_KEY_BYTES};
    return sign(device, key, text, writer) && !writer->overflowed;
  }
  return sign(device, device->setup->key, text, writer) && !writer->overflowed;
#else
  return false;
#endif
}
