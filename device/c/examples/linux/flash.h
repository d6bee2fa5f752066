#ifndef FLASH_H
#define FLASH_H

#include "../../lk_store.h"

/** A slot is a file in `folder`, which is made if it is missing. False if it cannot be used; errno says why.
 */
bool flash_open(const char* folder);
extern const struct lk_store flash;

#endif
