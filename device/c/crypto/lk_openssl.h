#ifndef LK_OPENSSL_H
#define LK_OPENSSL_H

#include "../lk_crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The cryptographic functions over OpenSSL 3. The factory's private key is in DER (PKCS#8 or SEC1): P-256,
 * P-384, RSA or Ed25519. */
extern const struct lk_crypto lk_openssl;

/** The algorithm of a private key, for `lk_setup`; NULL if the protocol has no such algorithm. */
const char* lk_openssl_algorithm(struct lk_bytes private_key);

#ifdef __cplusplus
}
#endif

#endif
