#ifndef LK_CSR_H
#define LK_CSR_H

#include "../lk_crypto.h"

/** The largest CSR needs less than this. */
#define LK_CSR_BYTES 272

/** Writes a CSR (PKCS#10) for this P-256 key with the subject CN=`common_name` (1 to 64 bytes), and signs it
 * with the key. Returns its size; 0 if the cryptography failed. */
size_t lk_csr_write(const struct lk_crypto* crypto, const uint8_t key[LK_KEY_BYTES], const char* common_name,
                    uint8_t out[LK_CSR_BYTES]);

#endif
