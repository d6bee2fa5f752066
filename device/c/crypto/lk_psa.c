#include "lk_psa.h"

#include <psa/crypto.h>
#include <string.h>

static bool random_bytes(void* context, uint8_t* out, size_t size) {
  (void)context;
  return psa_generate_random(out, size) == PSA_SUCCESS;
}

static bool sha256(void* context, struct lk_bytes message, uint8_t digest[32]) {
  size_t size;
  (void)context;
  return psa_hash_compute(PSA_ALG_SHA_256, message.data, message.size, digest, 32, &size) == PSA_SUCCESS;
}

/* Imports a key for one use. */
static bool import(psa_key_type_t type, psa_algorithm_t algorithm, psa_key_usage_t usage, struct lk_bytes key,
                   psa_key_id_t* id) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, type);
  psa_set_key_algorithm(&attributes, algorithm);
  psa_set_key_usage_flags(&attributes, usage);
  return psa_import_key(&attributes, key.data, key.size, id) == PSA_SUCCESS;
}

static bool hmac_sha256(void* context, struct lk_bytes key, struct lk_bytes message, uint8_t mac[32]) {
  const psa_algorithm_t algorithm = PSA_ALG_HMAC(PSA_ALG_SHA_256);
  psa_key_id_t id;
  psa_status_t status;
  size_t size;
  (void)context;
  if (!import(PSA_KEY_TYPE_HMAC, algorithm, PSA_KEY_USAGE_SIGN_MESSAGE, key, &id)) return false;
  status = psa_mac_compute(id, algorithm, message.data, message.size, mac, 32, &size);
  (void)psa_destroy_key(id);
  return status == PSA_SUCCESS;
}

static bool open_gcm(void* context, const uint8_t key[32], const uint8_t iv[12], struct lk_bytes additional,
                     struct lk_bytes sealed, uint8_t* out) {
  const struct lk_bytes bytes = {key, 32};
  psa_key_id_t id;
  psa_status_t status;
  size_t size;
  (void)context;
  if (sealed.size < 16 || !import(PSA_KEY_TYPE_AES, PSA_ALG_GCM, PSA_KEY_USAGE_DECRYPT, bytes, &id))
    return false;
  status = psa_aead_decrypt(id, PSA_ALG_GCM, iv, 12, additional.data, additional.size, sealed.data,
                            sealed.size, out, sealed.size - 16, &size);
  (void)psa_destroy_key(id);
  return status == PSA_SUCCESS;
}

/* --- P-256 */

#define PAIR PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)
#define PUBLIC PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1)
#define SIGNATURE PSA_ALG_ECDSA(PSA_ALG_SHA_256)

static bool make_key(void* context, uint8_t key[LK_KEY_BYTES]) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_key_id_t id;
  psa_status_t status;
  size_t size;
  (void)context;
  psa_set_key_type(&attributes, PAIR);
  psa_set_key_bits(&attributes, 256);
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_EXPORT);
  if (psa_generate_key(&attributes, &id) != PSA_SUCCESS) return false;
  status = psa_export_key(id, key, LK_KEY_BYTES, &size);
  (void)psa_destroy_key(id);
  return status == PSA_SUCCESS && size == LK_KEY_BYTES;
}

static bool public_key(void* context, const uint8_t key[LK_KEY_BYTES], uint8_t point[LK_POINT_BYTES]) {
  const struct lk_bytes bytes = {key, LK_KEY_BYTES};
  uint8_t encoded[1 + LK_POINT_BYTES];
  psa_key_id_t id;
  psa_status_t status;
  size_t size;
  (void)context;
  if (!import(PAIR, SIGNATURE, PSA_KEY_USAGE_SIGN_MESSAGE, bytes, &id)) return false;
  status = psa_export_public_key(id, encoded, sizeof encoded, &size);
  (void)psa_destroy_key(id);
  if (status != PSA_SUCCESS || size != sizeof encoded) return false;
  memcpy(point, encoded + 1, LK_POINT_BYTES);
  return true;
}

static size_t sign(void* context, struct lk_bytes key, struct lk_bytes message, uint8_t* out, size_t room) {
  psa_key_id_t id = 0;
  psa_status_t status;
  size_t size = 0, i;
  (void)context;
  if (key.size == 4) {
    for (i = 0; i < 4; ++i)
      id = id << 8 | key.data[i];
  } else if (!import(PAIR, SIGNATURE, PSA_KEY_USAGE_SIGN_MESSAGE, key, &id)) {
    return 0;
  }
  status = psa_sign_message(id, SIGNATURE, message.data, message.size, out, room, &size);
  if (key.size != 4) (void)psa_destroy_key(id);
  return status == PSA_SUCCESS ? size : 0;
}

static bool verify(void* context, const uint8_t point[LK_POINT_BYTES], const uint8_t digest[32],
                   const uint8_t signature[64]) {
  uint8_t encoded[1 + LK_POINT_BYTES] = {4};
  const struct lk_bytes bytes = {encoded, sizeof encoded};
  psa_key_id_t id;
  psa_status_t status;
  (void)context;
  memcpy(encoded + 1, point, LK_POINT_BYTES);
  if (!import(PUBLIC, SIGNATURE, PSA_KEY_USAGE_VERIFY_HASH, bytes, &id)) return false;
  status = psa_verify_hash(id, SIGNATURE, digest, 32, signature, 64);
  (void)psa_destroy_key(id);
  return status == PSA_SUCCESS;
}

static bool agree(void* context, const uint8_t key[LK_KEY_BYTES], const uint8_t point[LK_POINT_BYTES],
                  uint8_t shared[32]) {
  const struct lk_bytes bytes = {key, LK_KEY_BYTES};
  uint8_t encoded[1 + LK_POINT_BYTES] = {4};
  psa_key_id_t id;
  psa_status_t status;
  size_t size;
  (void)context;
  memcpy(encoded + 1, point, LK_POINT_BYTES);
  if (!import(PAIR, PSA_ALG_ECDH, PSA_KEY_USAGE_DERIVE, bytes, &id)) return false;
  status = psa_raw_key_agreement(PSA_ALG_ECDH, id, encoded, sizeof encoded, shared, 32, &size);
  (void)psa_destroy_key(id);
  return status == PSA_SUCCESS && size == 32;
}

const struct lk_crypto lk_psa = {NULL,     random_bytes, sha256, hmac_sha256, open_gcm,
                                 make_key, public_key,   sign,   verify,      agree};
