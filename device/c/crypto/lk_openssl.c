#include "lk_openssl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <string.h>

/* Errors that stay in OpenSSL's queue would mislead SSL_get_error in the application's TLS. */
static bool done(bool ok) {
  if (!ok) ERR_clear_error();
  return ok;
}

static bool random_bytes(void* context, uint8_t* out, size_t size) {
  (void)context;
  return done(RAND_bytes(out, (int)size) == 1);
}

static bool sha256(void* context, struct lk_bytes message, uint8_t digest[32]) {
  (void)context;
  return done(EVP_Digest(message.data, message.size, digest, NULL, EVP_sha256(), NULL) == 1);
}

static bool hmac_sha256(void* context, struct lk_bytes key, struct lk_bytes message, uint8_t mac[32]) {
  (void)context;
  return done(HMAC(EVP_sha256(), key.data, (int)key.size, message.data, message.size, mac, NULL) != NULL);
}

static bool open_gcm(void* context, const uint8_t key[32], const uint8_t iv[12], struct lk_bytes additional,
                     struct lk_bytes sealed, uint8_t* out) {
  const int size = (int)sealed.size - 16;
  EVP_CIPHER_CTX* const cipher = EVP_CIPHER_CTX_new();
  uint8_t tag[16];
  int written = 0;
  bool ok = cipher != NULL && size >= 0;
  (void)context;
  if (ok) memcpy(tag, sealed.data + size, sizeof tag);
  ok = ok && EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, iv) == 1;
  ok = ok && EVP_DecryptUpdate(cipher, NULL, &written, additional.data, (int)additional.size) == 1;
  ok = ok && EVP_DecryptUpdate(cipher, out, &written, sealed.data, size) == 1;
  ok = ok && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, sizeof tag, tag) == 1;
  ok = ok && EVP_DecryptFinal_ex(cipher, out + size, &written) == 1;
  EVP_CIPHER_CTX_free(cipher);
  return done(ok);
}

/* --- keys */

/* A P-256 key from its private number, its point, or both; NULL: without it. */
static EVP_PKEY* make_pkey(const uint8_t* scalar, const uint8_t* point) {
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  OSSL_PARAM_BLD* const build = OSSL_PARAM_BLD_new();
  BIGNUM* const number = scalar == NULL ? NULL : BN_bin2bn(scalar, LK_KEY_BYTES, NULL);
  uint8_t encoded[1 + LK_POINT_BYTES] = {4};
  OSSL_PARAM* parameters = NULL;
  EVP_PKEY* key = NULL;
  const int selection = scalar == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
  bool ok = context != NULL && build != NULL;
  if (point != NULL) memcpy(encoded + 1, point, LK_POINT_BYTES);
  ok = ok && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1;
  if (number != NULL) ok = ok && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1;
  if (point != NULL)
    ok = ok && OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof encoded) == 1;
  if (ok) parameters = OSSL_PARAM_BLD_to_param(build);
  ok = parameters != NULL && EVP_PKEY_fromdata_init(context) == 1;
  if (ok && EVP_PKEY_fromdata(context, &key, selection, parameters) != 1) key = NULL;
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(build);
  BN_clear_free(number);
  EVP_PKEY_CTX_free(context);
  (void)done(key != NULL);
  return key;
}

static bool make_key(void* context, uint8_t key[LK_KEY_BYTES]) {
  EVP_PKEY* const pair = EVP_EC_gen("P-256");
  BIGNUM* number = NULL;
  bool ok = pair != NULL && EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1;
  (void)context;
  ok = ok && BN_bn2binpad(number, key, LK_KEY_BYTES) == LK_KEY_BYTES;
  BN_clear_free(number);
  EVP_PKEY_free(pair);
  return done(ok);
}

static bool public_key(void* context, const uint8_t key[LK_KEY_BYTES], uint8_t point[LK_POINT_BYTES]) {
  EC_GROUP* const group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  EC_POINT* const product = group == NULL ? NULL : EC_POINT_new(group);
  BIGNUM* const number = BN_bin2bn(key, LK_KEY_BYTES, NULL);
  uint8_t encoded[1 + LK_POINT_BYTES];
  bool ok = product != NULL && number != NULL && EC_POINT_mul(group, product, number, NULL, NULL, NULL) == 1;
  (void)context;
  ok = ok && EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded,
                                NULL) == sizeof encoded;
  if (ok) memcpy(point, encoded + 1, LK_POINT_BYTES);
  BN_clear_free(number);
  EC_POINT_free(product);
  EC_GROUP_free(group);
  return done(ok);
}

static EVP_PKEY* private_key(struct lk_bytes key) {
  const unsigned char* at = key.data;
  uint8_t point[LK_POINT_BYTES];
  EVP_PKEY* made = NULL;
  if (key.size == LK_KEY_BYTES) return public_key(NULL, key.data, point) ? make_pkey(key.data, point) : NULL;
  made = d2i_AutoPrivateKey(NULL, &at, (long)key.size);
  (void)done(made != NULL);
  return made;
}

/* --- signatures */

/* The size of R, and of S; 0: not an ECDSA key. */
static int half_of(const EVP_PKEY* key) {
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC ? (EVP_PKEY_get_bits(key) + 7) / 8 : 0;
}

const char* lk_openssl_algorithm(struct lk_bytes key) {
  EVP_PKEY* const pair = private_key(key);
  const char* name = NULL;
  if (pair != NULL && half_of(pair) > 0)
    name = half_of(pair) == 32 ? "ES256" : half_of(pair) == 48 ? "ES384" : NULL;
  if (pair != NULL && EVP_PKEY_get_base_id(pair) == EVP_PKEY_RSA) name = "RS256";
  if (pair != NULL && EVP_PKEY_get_base_id(pair) == EVP_PKEY_ED25519) name = "Ed25519";
  EVP_PKEY_free(pair);
  return name;
}

/* OpenSSL writes DER; a JWS has R, then S. */
static size_t raw_signature(const uint8_t* der, size_t size, int half, uint8_t* out, size_t room) {
  const unsigned char* at = der;
  ECDSA_SIG* const signature = d2i_ECDSA_SIG(NULL, &at, (long)size);
  const bool ok = signature != NULL && room >= (size_t)half * 2 &&
                  BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, half) == half &&
                  BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + half, half) == half;
  ECDSA_SIG_free(signature);
  return done(ok) ? (size_t)half * 2 : 0;
}

static const EVP_MD* hash_of(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) return NULL;
  return half_of(key) == 48 ? EVP_sha384() : EVP_sha256();
}

static size_t sign(void* context, struct lk_bytes key, struct lk_bytes message, uint8_t* out, size_t room) {
  EVP_PKEY* const pair = private_key(key);
  EVP_MD_CTX* const digest = EVP_MD_CTX_new();
  uint8_t der[512];
  size_t size = sizeof der;
  bool ok = pair != NULL && digest != NULL;
  (void)context;
  ok = ok && EVP_DigestSignInit(digest, NULL, hash_of(pair), NULL, pair) == 1;
  ok = ok && EVP_DigestSign(digest, der, &size, message.data, message.size) == 1;
  if (!ok) {
    size = 0;
  } else if (half_of(pair) > 0) {
    size = raw_signature(der, size, half_of(pair), out, room);
  } else {
    size = size <= room ? size : 0;
    memcpy(out, der, size);
  }
  EVP_MD_CTX_free(digest);
  EVP_PKEY_free(pair);
  (void)done(size > 0);
  return size;
}

static bool verify(void* context, const uint8_t point[LK_POINT_BYTES], const uint8_t digest[32],
                   const uint8_t signature[64]) {
  EVP_PKEY* const key = make_pkey(NULL, point);
  EVP_PKEY_CTX* const verifier = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
  ECDSA_SIG* const pair = ECDSA_SIG_new();
  unsigned char* der = NULL;
  int size = 0;
  bool ok = false;
  (void)context;
  if (pair != NULL &&
      ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL)) == 1)
    size = i2d_ECDSA_SIG(pair, &der);
  if (verifier != NULL && size > 0)
    ok = EVP_PKEY_verify_init(verifier) == 1 && EVP_PKEY_verify(verifier, der, (size_t)size, digest, 32) == 1;
  OPENSSL_free(der);
  ECDSA_SIG_free(pair);
  EVP_PKEY_CTX_free(verifier);
  EVP_PKEY_free(key);
  return done(ok);
}

static bool agree(void* context, const uint8_t key[LK_KEY_BYTES], const uint8_t point[LK_POINT_BYTES],
                  uint8_t shared[32]) {
  const struct lk_bytes own = {key, LK_KEY_BYTES};
  EVP_PKEY* const pair = private_key(own);
  EVP_PKEY* const peer = make_pkey(NULL, point);
  EVP_PKEY_CTX* const agreement = pair == NULL ? NULL : EVP_PKEY_CTX_new(pair, NULL);
  size_t size = 32;
  bool ok = agreement != NULL && peer != NULL && EVP_PKEY_derive_init(agreement) == 1;
  (void)context;
  ok = ok && EVP_PKEY_derive_set_peer_ex(agreement, peer, 1) == 1;
  ok = ok && EVP_PKEY_derive(agreement, shared, &size) == 1 && size == 32;
  EVP_PKEY_CTX_free(agreement);
  EVP_PKEY_free(peer);
  EVP_PKEY_free(pair);
  return done(ok);
}

const struct lk_crypto lk_openssl = {NULL,     random_bytes, sha256, hmac_sha256, open_gcm,
                                     make_key, public_key,   sign,   verify,      agree};
