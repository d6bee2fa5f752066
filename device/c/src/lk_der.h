#ifndef LK_DER_H
#define LK_DER_H

#include "lk_base.h"

/* DER. What is read points into the input. */

enum lk_der_tag {
  LK_DER_BOOLEAN = 0x01,
  LK_DER_INTEGER = 0x02,
  LK_DER_BITS = 0x03,
  LK_DER_OCTETS = 0x04,
  LK_DER_OID = 0x06,
  LK_DER_UTC_TIME = 0x17,
  LK_DER_TIME = 0x18,
  LK_DER_SEQUENCE = 0x30,
  LK_DER_SET = 0x31
};

/** Takes the element at the front of `rest`. Returns false if it has another tag, or its length is not in the
 * shortest form. */
bool lk_der_take(struct lk_bytes* rest, uint8_t tag, struct lk_bytes* content);
/** True if the next element has this tag. */
bool lk_der_next_is(struct lk_bytes rest, uint8_t tag);
/** Takes an element with any tag. `whole` becomes the element with its tag and length. */
bool lk_der_take_any(struct lk_bytes* rest, struct lk_bytes* whole);
/** Takes a UTCTime or GeneralizedTime in UTC that has seconds, and converts it to Unix time. A time before
 * 1970 becomes 0, a time after 2105 becomes 2^32-2. */
bool lk_der_take_time(struct lk_bytes* rest, uint32_t* seconds);
/** Converts an ECDSA signature in DER to R and S, 32 bytes each. */
bool lk_der_read_signature(struct lk_bytes der, uint8_t signature[64]);
/** Converts R and S to DER. Returns the size, at most 72. */
size_t lk_der_write_signature(const uint8_t signature[64], uint8_t out[72]);

#endif
