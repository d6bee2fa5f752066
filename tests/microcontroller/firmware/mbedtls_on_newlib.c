#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Debian compiles Mbed TLS for Linux. What its code needs of glibc, POSIX and Linux, over newlib. */

uintptr_t __stack_chk_guard = 0xA59C31E7;

void __stack_chk_fail(void) {
  abort();
}

void* __memcpy_chk(void* to, const void* from, size_t size, size_t room) {
  if (size > room) abort();
  return memcpy(to, from, size);
}

void* __memset_chk(void* to, int byte, size_t size, size_t room) {
  if (size > room) abort();
  return memset(to, byte, size);
}

int __snprintf_chk(char* out, size_t size, int flag, size_t room, const char* format, ...) {
  va_list values;
  int length;
  (void)flag;
  if (size > room) abort();
  va_start(values, format);
  length = vsnprintf(out, size, format, values);
  va_end(values);
  return length;
}

/* In self-tests only. */
int __printf_chk(int flag, const char* format, ...) {
  (void)flag;
  (void)format;
  return 0;
}

int* __errno_location(void) {
  return &errno;
}

/* There is one thread. */
int pthread_mutex_init(void* mutex, const void* attributes) {
  (void)mutex;
  (void)attributes;
  return 0;
}

int pthread_mutex_destroy(void* mutex) {
  (void)mutex;
  return 0;
}

int pthread_mutex_lock(void* mutex) {
  (void)mutex;
  return 0;
}

int pthread_mutex_unlock(void* mutex) {
  (void)mutex;
  return 0;
}

/* getrandom(2), by which Mbed TLS gets its entropy: from the host, because QEMU's board has no generator. */
long syscall(long number, void* out, size_t size, unsigned flags) {
  FILE* const host = fopen("/dev/urandom", "rb");
  const size_t taken = host == NULL ? 0 : fread(out, 1, size, host);
  (void)number;
  (void)flags;
  if (host != NULL) (void)fclose(host);
  return taken == size ? (long)size : -1;
}

/* Mbed TLS mixes the time into its entropy. Its struct timeval is glibc's: two numbers of 32 bits. */
int gettimeofday(void* now, void* zone) {
  static int32_t calls;
  const int32_t value[2] = {0, calls++};
  (void)zone;
  memcpy(now, value, sizeof value);
  return 0;
}
