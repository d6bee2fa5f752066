#ifndef LK_STORE_H
#define LK_STORE_H

#include "lk_bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What survives a power cut. The number is part of the format: keep it over updates of the firmware. */
enum lk_slot {
  LK_SLOT_CLOCK = 1,        /**< the greatest server_time */
  LK_SLOT_REQUEST = 2,      /**< the open request and its private keys; secret */
  LK_SLOT_CREDENTIAL_1 = 3, /**< a credential and its connection; secret */
  LK_SLOT_CREDENTIAL_2 = 4, /**< another one, while the newer one has not worked yet; secret */
  LK_SLOT_CONNECTION = 5,   /**< a newer connection for one of the credentials */
  LK_SLOT_CONFIG = 6,       /**< the newest configuration; secret if it was sealed */
  LK_SLOT_APPLIED = 7       /**< the version of the configuration that is applied */
};

/** Non-volatile memory. Both functions are called with a small stack left: they do not call the library. */
struct lk_store {
  void* context; /**< given to each function */
  /** Replaces what is in the slot, by nothing if `size` is 0. Durable when it returns true. If power fails
   * before that, the slot has the old or the new content as a whole. */
  bool (*put)(void* context, enum lk_slot slot, const uint8_t* bytes, size_t size);
  /** Copies the slot's content, at most `room` bytes of it. Returns the size of all of it; 0 if there is
   * none. */
  size_t (*get)(void* context, enum lk_slot slot, uint8_t* bytes, size_t room);
};

#ifdef __cplusplus
}
#endif

#endif
