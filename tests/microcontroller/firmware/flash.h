#ifndef FLASH_H
#define FLASH_H

#include <stdbool.h>
#include <stddef.h>

/** The board's flash is a file on the host: what the factory wrote, and then two sectors for each slot. */
enum { FLASH_FACTORY = 4096, FLASH_SECTOR = 4096 };

bool flash_open(const char* image);
/** Reads what the factory wrote. */
bool flash_read_factory(unsigned char factory[FLASH_FACTORY]);

/* The two functions that the page's storage calls. */
bool nvs_write(int key, const void* bytes, size_t size);
size_t nvs_read(int key, void* bytes, size_t room);

#endif
