#ifndef FLASH_H
#define FLASH_H

#include "../../lk_store.h"

/** Keeps the slots as files in `folder`, and makes the folder if it is missing. Returns false if it cannot be
 * used; errno says why. */
bool flash_open(const char* folder);
extern const struct lk_store flash;

#endif
