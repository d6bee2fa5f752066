#ifndef LK_CERTIFICATE_H
#define LK_CERTIFICATE_H

#include "../lk_crypto.h"

/* The fields of an X.509 certificate that the device needs. They point into the certificate. */
struct lk_certificate {
  struct lk_bytes signed_part;
  struct lk_bytes issuer;
  struct lk_bytes subject;
  const uint8_t* point; /* its P-256 key; NULL if the key is of another kind */
  uint32_t not_before, not_after;
  struct lk_bytes signature; /* ECDSA with SHA-256, in DER; empty if it is another kind */
  bool is_ca;
  bool signs_answers; /* has the usage and the name of the service's certificate, and is no CA */
};

/** Returns false if this is not a certificate, if it has a critical extension that the library does not know,
 * or if it has one of the extensions 2.5.29.9 to 2.5.29.40 twice. */
bool lk_certificate_read(struct lk_bytes der, struct lk_certificate* certificate);
/** Returns true if the issuer is a CA with a P-256 key that signed the certificate. */
bool lk_certificate_is_issued_by(const struct lk_certificate* certificate,
                                 const struct lk_certificate* issuer, const struct lk_crypto* crypto);

#endif
