#ifndef LK_JSON_H
#define LK_JSON_H

#include "lk_base.h"

/* JSON, without copies and recursion. What is read points into the text. The constants below are limits. */

#define LK_JSON_DEPTH 9
#define LK_JSON_KEYS 1365 /* in all objects together; bounds the time for a hostile message */

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
 * Checks that a text is one JSON object by the rules of docs/protocol.md, 1: UTF-8, no name twice, no U+0000,
 * integers within 2^53-1, and no number whose power of ten is beyond 10^308. `values` gets the values of the
 * wanted members: of a string what is between the quotes, with its escapes; of anything else the whole text.
 * If a member is missing, its data is NULL. Returns false if the text is wrong, if a required member is
 * missing, if a wanted member is of another kind, or, with `only_these`, if there is any other member.
 */
bool lk_json_read(struct lk_slice text, const struct lk_json_member* members, size_t count,
                  struct lk_slice* values, bool only_these);

/** Takes the next string, with its escapes, from an array that lk_json_read gave. Returns false at the end,
 * and then `array` is empty. Also returns false at a value that is not a string, and then `array` is not
 * empty. */
bool lk_json_next_text(struct lk_slice* array, struct lk_slice* text);

/** The value of an integer; 2^32-2 if it is greater. */
uint32_t lk_json_integer(struct lk_slice integer);
bool lk_json_true(struct lk_slice boolean);

/* Strings with escapes. lk_json_read must have checked the text. */

struct lk_json_reader {
  const uint8_t* at;
  const uint8_t* end;
  uint8_t rest[3]; /* the other bytes of a character, last first */
  uint8_t left;
};
struct lk_json_reader lk_json_begin(struct lk_bytes text);
/** The next byte of the string, -1 at its end. */
int lk_json_byte(struct lk_json_reader* reader);
bool lk_json_equal(struct lk_bytes a, struct lk_bytes b);
/** Returns true if the string, its escapes resolved, is this C string. */
bool lk_json_is(struct lk_slice text, const char* other);
/** Resolves the escapes in place. */
void lk_json_unescape(struct lk_slice* text);

#endif
