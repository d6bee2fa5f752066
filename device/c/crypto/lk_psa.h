#ifndef LK_PSA_H
#define LK_PSA_H

#include "../lk_crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The table by PSA Crypto (Mbed TLS 2.28 and 3; psa_crypto_init() was called). A key is its secret number.
 * The private key of the factory is the 32 bytes of a P-256 one, or the four bytes of a psa_key_id_t, most
 * significant first: a P-256 key that PSA holds, in a secure element for example, with ECDSA and SHA-256 as
 * its algorithm. */
extern const struct lk_crypto lk_psa;

#ifdef __cplusplus
}
#endif

#endif
