#ifndef LATCHKEY_ESP_H
#define LATCHKEY_ESP_H

#include "../../latchkey.h"

/**
 * Runs the device in the calling task (docs/microcontrollers.md). Before that, call nvs_flash_init and
 * psa_crypto_init, and connect to the network. `apply` gets each configuration and says whether it could be
 * applied; after power-up it gets the stored one first. Returns only if the setup cannot be used. The dates
 * of the broker's certificate are checked by CONFIG_MBEDTLS_HAVE_TIME_DATE alone, with the system's clock:
 * leave it off unless this is always set.
 */
void latchkey_esp_run(const struct lk_setup* setup, bool (*apply)(struct lk_bytes json));

#endif
