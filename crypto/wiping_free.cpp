// Replaces the C library's free and realloc in a program that links latchkey_wiping_free: memory is zero when
// it is given back. Secrets pass through buffers of libraries (Paho, libpq, the JSON parser, OpenSSL's BIOs)
// that free or enlarge them without wiping. The dynamic linker resolves everybody's calls to these
// definitions (GNU C Library Reference Manual, "Replacing malloc"; the rest of the family stays the library's
// own).

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

extern "C" {

void __libc_free(void* memory);  // NOLINT(bugprone-reserved-identifier): glibc's name of its own free

void free(void* memory) noexcept {
  if (memory == nullptr) return;
  explicit_bzero(memory, malloc_usable_size(memory));
  __libc_free(memory);
}

/// Never in place when it grows: the C library would move the content and leave a copy.
void* realloc(void* memory, std::size_t size) noexcept {
  if (memory == nullptr) return std::malloc(size);
  const auto former = malloc_usable_size(memory);
  if (size <= former && size > former / 2) return memory;
  void* moved = size == 0 ? nullptr : std::malloc(size);
  if (size != 0 && moved == nullptr) return nullptr;
  if (moved != nullptr) std::memcpy(moved, memory, std::min(former, size));
  free(memory);
  return moved;
}

}  // extern "C"
