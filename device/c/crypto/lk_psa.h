#ifndef LK_PSA_H
#define LK_PSA_H

#include "../lk_crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The cryptographic functions over PSA Crypto (Mbed TLS 2.28 and 3). Call psa_crypto_init() first.
 * `make_key` returns keys themselves, not references. The factory's private key is the 32 bytes of a P-256
 * key, or the four bytes of a psa_key_id_t, most significant first. Such an id names a P-256 key in PSA's
 * storage or in a secure element, whose algorithm is ECDSA with SHA-256. */
extern const struct lk_crypto lk_psa;

#ifdef __cplusplus
}
#endif

#endif
