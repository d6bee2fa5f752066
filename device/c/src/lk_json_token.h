#ifndef LK_JSON_TOKEN_H
#define LK_JSON_TOKEN_H

#include "lk_json.h"

/* The strings, numbers and words of JSON. Each function checks the one that begins at `at`, and returns the
 * address after it; NULL if there is none. */
const uint8_t* lk_json_take_text(const uint8_t* at, const uint8_t* end);
const uint8_t* lk_json_take_number(const uint8_t* at, const uint8_t* end, enum lk_json_kind* kind);
const uint8_t* lk_json_take_word(const uint8_t* at, const uint8_t* end, enum lk_json_kind* kind);

#endif
