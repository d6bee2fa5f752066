#ifndef LK_PEM_H
#define LK_PEM_H

#include "lk_crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a TLS library takes a client's certificate and key as. Each returns the size of what was written, with
 * a NUL after it that is not counted; 0 if there is no room. */

/** A P-256 private key in DER (SEC1, RFC 5915): 121 bytes. */
size_t lk_key_der(const struct lk_crypto* crypto, const uint8_t key[LK_KEY_BYTES], uint8_t* out, size_t room);
/** The same in PEM: 227 bytes and the NUL. */
size_t lk_key_pem(const struct lk_crypto* crypto, const uint8_t key[LK_KEY_BYTES], char* out, size_t room);
/** A certificate in PEM: four bytes for three, 54 for the lines around it, and a line feed for 64. */
size_t lk_certificate_pem(struct lk_bytes der, char* out, size_t room);

#ifdef __cplusplus
}
#endif

#endif
