#ifndef LK_PARTS_H
#define LK_PARTS_H

/* Which parts to compile: define one as 0 to leave it out. A device with a symmetric key that requests a
 * password needs no P-256. */
#ifndef LK_HAS_P256
/* Certificates, private keys, encryption keys, and answers that are signed by the service's certificate. */
#define LK_HAS_P256 1
#endif
#ifndef LK_HAS_SYMMETRIC
#define LK_HAS_SYMMETRIC 1 /* the device's symmetric key */
#endif
#ifndef LK_HAS_LOG
#define LK_HAS_LOG 1 /* events for a log, and the texts of problems */
#endif

#endif
