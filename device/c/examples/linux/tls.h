#ifndef TLS_H
#define TLS_H

#include "../../latchkey.h"

#include <openssl/ssl.h>

/** What OpenSSL needs for this connection: anchors, the broker's name, dates, certificate and key. NULL if it
 * cannot be made. */
SSL_CTX* tls_of(const struct lk_connect* connect);
/** Why the last handshake failed, as far as the broker's certificate is concerned. */
enum lk_reason tls_failure(void);

#endif
