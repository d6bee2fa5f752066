#include "crypto/openssl_exit.hpp"

#include "crypto/fail.hpp"

#include <openssl/crypto.h>

namespace latchkey::crypto {

void keep_openssl_until_the_end() {
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr) != 1) die("OpenSSL cannot be started");
}

}  // namespace latchkey::crypto
