#ifndef LK_PEM_H
#define LK_PEM_H

#include "lk_crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* These functions write a client's key and certificate as TLS libraries read them. The key is one that
 * `make_key` made, and not a reference. Each function returns the size of its output; 0 if it failed or has
 * too little room. After PEM there is a NUL, which the size does not count. */

/** A P-256 private key in DER (SEC1, RFC 5915): 121 bytes. */
size_t lk_key_der(const struct lk_crypto* crypto, const uint8_t key[LK_KEY_BYTES], uint8_t* out, size_t room);
/** The same in PEM: 227 bytes and the NUL. */
size_t lk_key_pem(const struct lk_crypto* crypto, const uint8_t key[LK_KEY_BYTES], char* out, size_t room);
/** A certificate in PEM: 4 bytes for each 3 of DER, a line feed for each 64 of these, 54 for the first
 * and the last line, and the NUL. */
size_t lk_certificate_pem(struct lk_bytes der, char* out, size_t room);

#ifdef __cplusplus
}
#endif

#endif
