#ifndef LK_JSON_H
#define LK_JSON_H

#include "lk_base.h"

/* JSON, read where it is: no copy, no recursion, bounded by the constants below. */

#define LK_JSON_DEPTH 9
#define LK_JSON_KEYS 1365 /* a message of 8 KiB has no more */

enum lk_json_kind {
  LK_JSON_TEXT = 1,
  LK_JSON_INTEGER = 2, /* 0 to 2^53-1 */
  LK_JSON_BOOLEAN = 3,
  LK_JSON_OBJECT = 4,
  LK_JSON_ARRAY = 5,
  LK_JSON_OTHER = 6,
  LK_JSON_REQUIRED = 8 /* a flag of a wanted member */
};

/** A member that is wanted: its name, its kind, and LK_JSON_REQUIRED or not. */
struct lk_json_member {
  const char* name;
  uint8_t kind;
};

/**
 * Checks a text that has to be one JSON object: UTF-8, no name twice, no U+0000, integers within 2^53,
 * numbers within a double. `values` gets what the wanted members have: a string without its quotes and with
 * its escapes, anything else as it is; data is NULL if it is missing. False if the text or the kind of a
 * wanted member is wrong, or if `only_these` and there is another member.
 */
bool lk_json_read(struct lk_slice text, const struct lk_json_member* members, size_t count,
                  struct lk_slice* values, bool only_these);

/** Takes the next string from an array that lk_json_read gave, in its form with escapes. False at its end,
 * and if there is something else: then `array` is not empty. */
bool lk_json_next_text(struct lk_slice* array, struct lk_slice* text);

/** The value of an integer, at most 2^32-2: what is greater is that. */
uint32_t lk_json_integer(struct lk_slice integer);
bool lk_json_true(struct lk_slice boolean);

/* Strings with escapes, of a checked text. */

struct lk_json_reader {
  const uint8_t* at;
  const uint8_t* end;
  uint8_t rest[3]; /* of a character that has more bytes */
  uint8_t left;
};
struct lk_json_reader lk_json_begin(struct lk_bytes text);
/** The next byte of the string, -1 at its end. */
int lk_json_byte(struct lk_json_reader* reader);
bool lk_json_equal(struct lk_bytes a, struct lk_bytes b);
/** True if the string is this C string, which has no escapes. */
bool lk_json_is(struct lk_slice text, const char* other);
/** Resolves the escapes in place. */
void lk_json_unescape(struct lk_slice* text);

#endif
