#ifndef LK_CERTIFICATE_H
#define LK_CERTIFICATE_H

#include "../lk_crypto.h"

/* The fields of an X.509 certificate that the device needs, read where they are. */
struct lk_certificate {
  struct lk_bytes signed_part;
  struct lk_bytes issuer;
  struct lk_bytes subject;
  const uint8_t* point; /* its P-256 key; NULL if it has another */
  uint32_t not_before, not_after;
  struct lk_bytes signature; /* ECDSA with SHA-256, in DER; empty if it has another */
  bool is_ca;
  bool signs_answers; /* has the usage and the name of the service's certificate, and is no CA */
};

/** False if it is none, or has a critical extension that is not known here, or an extension twice. */
bool lk_certificate_read(struct lk_bytes der, struct lk_certificate* certificate);
/** True if the issuer is a CA of P-256 that signed the certificate. */
bool lk_certificate_is_issued_by(const struct lk_certificate* certificate,
                                 const struct lk_certificate* issuer, const struct lk_crypto* crypto);

#endif
