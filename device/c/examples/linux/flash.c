#define _POSIX_C_SOURCE 200809L
#include "flash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each slot is a file, replaced by renaming: old or new, never half. */
static int directory = -1;

bool flash_open(const char* folder) {
  if (mkdir(folder, 0700) != 0 && errno != EEXIST) return false;
  directory = open(folder, O_RDONLY | O_DIRECTORY);
  return directory >= 0;
}

static bool write_all(int file, const uint8_t* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(file, bytes, size);
    if (written <= 0) return false;
    bytes += written;
    size -= (size_t)written;
  }
  return fsync(file) == 0;
}

static bool write_new(const uint8_t* bytes, size_t size) {
  const int file = openat(directory, "new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const bool done = file >= 0 && write_all(file, bytes, size);
  if (file >= 0) (void)close(file);
  return done;
}

static bool put(void* context, enum lk_slot slot, const uint8_t* bytes, size_t size) {
  char name[16];
  (void)context;
  (void)snprintf(name, sizeof name, "slot-%d", (int)slot);
  if (size == 0) {
    if (unlinkat(directory, name, 0) != 0 && errno != ENOENT) return false;
  } else if (!write_new(bytes, size) || renameat(directory, "new", directory, name) != 0) {
    return false;
  }
  return fsync(directory) == 0;
}

static size_t get(void* context, enum lk_slot slot, uint8_t* bytes, size_t room) {
  char name[16];
  struct stat about;
  ssize_t taken;
  int file;
  (void)context;
  (void)snprintf(name, sizeof name, "slot-%d", (int)slot);
  file = openat(directory, name, O_RDONLY);
  if (file < 0) return 0;
  taken = fstat(file, &about) == 0 ? read(file, bytes, room) : -1;
  (void)close(file);
  return taken < 0 ? 0 : (size_t)about.st_size;
}

const struct lk_store flash = {NULL, put, get};
