#pragma once

namespace latchkey::crypto {

/// Keeps OpenSSL usable until the process has ended; otherwise its atexit handler frees its locks while
/// threads that Paho does not join still use them. Call it first in main: OpenSSL decides once, at its first
/// use.
void keep_openssl_until_the_end();

}  // namespace latchkey::crypto
