#ifndef LK_PARTS_H
#define LK_PARTS_H

/* What is compiled. A device with a symmetric key that asks for a password needs no P-256. */
#ifndef LK_HAS_P256
#define LK_HAS_P256 \
  1 /* certificates, private keys, answers that the service's certificate signs, encryption keys */
#endif
#ifndef LK_HAS_SYMMETRIC
#define LK_HAS_SYMMETRIC 1 /* the device's symmetric key */
#endif
#ifndef LK_HAS_LOG
#define LK_HAS_LOG 1 /* events for a log, and the texts of problems */
#endif

#endif
