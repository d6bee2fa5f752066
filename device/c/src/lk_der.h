#ifndef LK_DER_H
#define LK_DER_H

#include "lk_base.h"

/* DER, read where it is. */

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

/** Takes the element at the front of `rest`, if it has this tag and a length of the shortest form. */
bool lk_der_take(struct lk_bytes* rest, uint8_t tag, struct lk_bytes* content);
/** True if the next element has this tag. */
bool lk_der_next_is(struct lk_bytes rest, uint8_t tag);
/** Takes an element of any tag, and gives all of it, tag and length included. */
bool lk_der_take_any(struct lk_bytes* rest, struct lk_bytes* whole);
/** Unix seconds of a UTCTime or GeneralizedTime in UTC, with seconds; those after 2105 are the end of time,
 * 2^32-2. */
bool lk_der_take_time(struct lk_bytes* rest, uint32_t* seconds);
/** An ECDSA signature in DER as R and S, 32 bytes each. */
bool lk_der_read_signature(struct lk_bytes der, uint8_t signature[64]);
/** Writes R and S in DER; returns the size, at most 72. */
size_t lk_der_write_signature(const uint8_t signature[64], uint8_t out[72]);

#endif
