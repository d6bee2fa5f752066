#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct nvs_fs {
  uint16_t sector_size;
};

ssize_t nvs_write(struct nvs_fs* fs, uint16_t id, const void* data, size_t size);
ssize_t nvs_read(struct nvs_fs* fs, uint16_t id, void* data, size_t size);
int nvs_delete(struct nvs_fs* fs, uint16_t id);
