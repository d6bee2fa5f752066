// Preloaded into a program: says on standard error whether OpenSSL can still be used when the program's own
// atexit handlers have run. This handler is the first to be registered, so it is the last to run.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int init_function(uint64_t options, const void* settings);

static void look(void) {
  // Not linked: a program without OpenSSL has nothing to say.
  init_function* const init = (init_function*)dlsym(RTLD_DEFAULT, "OPENSSL_init_crypto");
  if (init == NULL) return;
  const char* const says = init(0, NULL) == 1 ? "openssl at exit: usable\n" : "openssl at exit: freed\n";
  if (write(STDERR_FILENO, says, strlen(says)) < 0) _exit(99);
}

__attribute__((constructor)) static void begin(void) {
  if (atexit(look) != 0) _exit(99);
}
