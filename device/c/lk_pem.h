#ifndef LK_PEM_H
#define LK_PEM_H

#include "lk_crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a client's key and certificate as TLS libraries read them. The key is one that `make_key` made, and
 * no reference. Each function writes a NUL after its output, and returns the size without this NUL; 0 if
 * there is too little room. */

/** A P-256 private key in DER (SEC1, RFC 5915): 121 bytes. */
size_t lk_key_der(const struct lk_crypto* crypto, const uint8_t key[LK_KEY_BYTES], uint8_t* out, size_t room);
/** The same in PEM: 227 bytes and the NUL. */
size_t lk_key_pem(const struct lk_crypto* crypto, const uint8_t key[LK_KEY_BYTES], char* out, size_t room);
/** A certificate in PEM: 4 bytes for each 3 of DER, a line feed for each 64 of these, and 54 for the first
 * and last line. */
size_t lk_certificate_pem(struct lk_bytes der, char* out, size_t room);

#ifdef __cplusplus
}
#endif

#endif
