#include "flash.h"

#include <stdint.h>
#include <stdio.h>

/* A slot has two sectors. It is written to the one that is not valid or older; when that is complete, the
 * other is erased, so that no old secret stays. A sector that was cut off while it was written has a wrong
 * checksum. */

struct head {
  uint32_t checksum; /* of the rest and of the content */
  uint32_t sequence;
  uint32_t size;
};

static FILE* flash;

bool flash_open(const char* image) {
  flash = fopen(image, "r+b");
  return flash != NULL && setvbuf(flash, NULL, _IONBF, 0) == 0;
}

static bool read_at(long at, void* bytes, size_t size) {
  return fseek(flash, at, SEEK_SET) == 0 && fread(bytes, 1, size, flash) == size;
}

static bool write_at(long at, const void* bytes, size_t size) {
  return fseek(flash, at, SEEK_SET) == 0 && fwrite(bytes, 1, size, flash) == size;
}

bool flash_read_factory(unsigned char factory[FLASH_FACTORY]) {
  return read_at(0, factory, FLASH_FACTORY);
}

static long sector_of(int key, int copy) {
  return FLASH_FACTORY + (long)((key - 1) * 2 + copy) * FLASH_SECTOR;
}

/* CRC-32. */
static uint32_t add(uint32_t checksum, const uint8_t* bytes, size_t size) {
  int bit;
  while (size-- > 0) {
    checksum ^= *bytes++;
    for (bit = 0; bit < 8; ++bit)
      checksum = checksum >> 1 ^ (checksum & 1 ? 0xEDB88320 : 0);
  }
  return checksum;
}

static uint32_t checksum_of(const struct head* head, const uint8_t* content) {
  const uint32_t numbers = add(UINT32_MAX, (const uint8_t*)&head->sequence, 8);
  return ~add(numbers, content, head->size);
}

static bool read_sector(int key, int copy, struct head* head, uint8_t content[FLASH_SECTOR]) {
  return read_at(sector_of(key, copy), head, sizeof *head) && head->size <= FLASH_SECTOR - sizeof *head &&
         read_at(sector_of(key, copy) + (long)sizeof *head, content, head->size) &&
         checksum_of(head, content) == head->checksum;
}

/* The sector that is valid, the newer of two; -1 if none is. */
static int newest(int key, struct head* head, uint8_t content[FLASH_SECTOR]) {
  struct head other;
  const bool has_second = read_sector(key, 1, &other, content);
  const bool has_first = read_sector(key, 0, head, content);
  if (has_first && (!has_second || head->sequence > other.sequence)) return 0;
  return has_second && read_sector(key, 1, head, content) ? 1 : -1;
}

static bool erase(int key, int copy) {
  static uint8_t erased[FLASH_SECTOR];
  size_t i;
  for (i = 0; i < sizeof erased; ++i)
    erased[i] = 0xFF;
  return write_at(sector_of(key, copy), erased, sizeof erased);
}

bool nvs_write(int key, const void* bytes, size_t size) {
  static uint8_t old[FLASH_SECTOR];
  struct head head;
  const int before = newest(key, &head, old), now = before == 0 ? 1 : 0;
  if (size > FLASH_SECTOR - sizeof head) return false;
  head.sequence = before < 0 ? 1 : head.sequence + 1;
  head.size = size;
  head.checksum = checksum_of(&head, bytes);
  return erase(key, now) && write_at(sector_of(key, now), &head, sizeof head) &&
         write_at(sector_of(key, now) + (long)sizeof head, bytes, size) && (before < 0 || erase(key, before));
}

size_t nvs_read(int key, void* bytes, size_t room) {
  static uint8_t content[FLASH_SECTOR];
  uint8_t* const out = bytes;
  struct head head;
  size_t i;
  if (newest(key, &head, content) < 0) return 0;
  for (i = 0; i < head.size && i < room; ++i)
    out[i] = content[i];
  return head.size;
}
