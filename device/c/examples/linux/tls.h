#ifndef TLS_H
#define TLS_H

#include "../../latchkey.h"

#include <openssl/ssl.h>

/** Sets up OpenSSL for this connection: anchors, the broker's name, the time for dates, certificate and key.
 * Returns NULL if that fails. */
SSL_CTX* tls_of(const struct lk_connect* connect);
/** What was wrong with the broker's certificate in the last handshake; LK_NETWORK: nothing. */
enum lk_reason tls_failure(void);

#endif
