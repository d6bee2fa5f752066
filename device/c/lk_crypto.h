#ifndef LK_CRYPTO_H
#define LK_CRYPTO_H

#include "lk_bytes.h"
#include "lk_parts.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Size of a private key that `make_key` made: the key itself (the secret number), or a reference to a key in
 * a secure element. */
#define LK_KEY_BYTES 32
/** Size of a P-256 point: x and y, without the byte 04 before them. */
#define LK_POINT_BYTES 64

/**
 * The cryptography that the device needs. A function that fails returns false (`sign`: 0); the library then
 * does not use its output. If LK_HAS_P256 is 0, `make_key` to `agree` may be NULL.
 *
 * Two tables exist: crypto/lk_openssl.h (OpenSSL 3) and crypto/lk_psa.h (PSA Crypto, Mbed TLS).
 */
struct lk_crypto {
  void* context; /**< passed to each function */

  /** Makes random bytes. They must be unpredictable from the first call after power-up on. */
  bool (*random)(void* context, uint8_t* out, size_t size);
  bool (*sha256)(void* context, struct lk_bytes message, uint8_t digest[32]);
  bool (*hmac_sha256)(void* context, struct lk_bytes key, struct lk_bytes message, uint8_t mac[32]);
  /** Decrypts AES-256-GCM. `sealed` is the ciphertext, followed by the tag of 16 bytes. `out` does not
   * overlap `sealed`, and has room for the plaintext. Returns false if the tag is wrong. */
  bool (*open)(void* context, const uint8_t key[32], const uint8_t iv[12], struct lk_bytes additional,
               struct lk_bytes sealed, uint8_t* out);

  /** Makes a P-256 key pair. */
  bool (*make_key)(void* context, uint8_t key[LK_KEY_BYTES]);
  bool (*public_key)(void* context, const uint8_t key[LK_KEY_BYTES], uint8_t point[LK_POINT_BYTES]);
  /** Signs `message`, and writes the signature as a JWS has it (for ECDSA: R, then S). `key` is one that
   * `make_key` made, and then the signature is ECDSA with SHA-256. Or it is the factory's private key, in any
   * form that this function understands. Returns the size of the signature. */
  size_t (*sign)(void* context, struct lk_bytes key, struct lk_bytes message, uint8_t* out, size_t room);
  /** Returns true if `signature` (R, then S) is a valid ECDSA signature of `digest` under this P-256 key. */
  bool (*verify)(void* context, const uint8_t point[LK_POINT_BYTES], const uint8_t digest[32],
                 const uint8_t signature[64]);
  /** ECDH: writes the x coordinate of the shared point. Returns false if `point` is not on the curve. */
  bool (*agree)(void* context, const uint8_t key[LK_KEY_BYTES], const uint8_t point[LK_POINT_BYTES],
                uint8_t shared[32]);
};

#ifdef __cplusplus
}
#endif

#endif
