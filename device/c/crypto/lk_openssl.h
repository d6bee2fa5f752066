#ifndef LK_OPENSSL_H
#define LK_OPENSSL_H

#include "../lk_crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The cryptographic functions over OpenSSL 3. The factory's private key is in DER (PKCS#8 or SEC1): P-256,
 * P-384, RSA or Ed25519; or it is the 32 bytes of a P-256 key. */
extern const struct lk_crypto lk_openssl;

/** Returns the `algorithm` of struct lk_setup for a private key; NULL if the protocol has none for it. */
const char* lk_openssl_algorithm(struct lk_bytes private_key);

#ifdef __cplusplus
}
#endif

#endif
