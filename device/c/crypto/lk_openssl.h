#ifndef LK_OPENSSL_H
#define LK_OPENSSL_H

#include "../lk_crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The table by OpenSSL 3. The private key of the factory is one in DER (PKCS#8 or SEC1): P-256, P-384, RSA,
 * Ed25519. */
extern const struct lk_crypto lk_openssl;

/** The name of a private key's algorithm for `lk_setup`, NULL if it is none that the protocol has. */
const char* lk_openssl_algorithm(struct lk_bytes private_key);

#ifdef __cplusplus
}
#endif

#endif
