#ifndef LATCHKEY_ZEPHYR_H
#define LATCHKEY_ZEPHYR_H

#include "../../latchkey.h"

#include <zephyr/fs/nvs.h>

/**
 * Runs the device in the calling thread (docs/microcontrollers.md). Before that, mount `storage` and call
 * psa_crypto_init; its entries 0x4C01 to 0x4C07 become the slots. `apply` gets each configuration and says
 * whether it could be applied; after power-up it gets the stored one first. Returns only if the setup cannot
 * be used. Zephyr does not check the dates of the broker's certificate unless Mbed TLS is configured to.
 */
void latchkey_zephyr_run(const struct lk_setup* setup, struct nvs_fs* storage,
                         bool (*apply)(struct lk_bytes json));

#endif
