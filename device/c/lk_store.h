#ifndef LK_STORE_H
#define LK_STORE_H

#include "lk_bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The records that survive a power cut. Their numbers are part of the stored format: a firmware update must
 * not change them. */
enum lk_slot {
  LK_SLOT_CLOCK = 1,        /**< the greatest server_time */
  LK_SLOT_REQUEST = 2,      /**< the open request and its private keys; secret */
  LK_SLOT_CREDENTIAL_1 = 3, /**< a credential and its connection; secret */
  LK_SLOT_CREDENTIAL_2 = 4, /**< another one, until the newer of the two is confirmed; secret */
  LK_SLOT_CONNECTION = 5,   /**< a newer connection for one of the credentials */
  LK_SLOT_CONFIG = 6,       /**< the newest configuration; secret if it was sealed */
  LK_SLOT_APPLIED = 7       /**< the version of the configuration that is applied */
};

/** Non-volatile memory. Both functions run on top of the library's deepest calls: use little stack, and do
 * not call the library. */
struct lk_store {
  void* context; /**< passed to each function */
  /** Replaces the content of the slot; if `size` is 0, erases it. Returns true when this is durable. If power
   * fails before that, the slot has the whole old or the whole new content. */
  bool (*put)(void* context, enum lk_slot slot, const uint8_t* bytes, size_t size);
  /** Copies at most `room` bytes of the slot's content. Returns the size of the whole content; 0 if the slot
   * is empty. */
  size_t (*get)(void* context, enum lk_slot slot, uint8_t* bytes, size_t room);
};

#ifdef __cplusplus
}
#endif

#endif
