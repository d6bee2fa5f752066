#include "lk_json.h"

#include "lk_json_token.h"

/* One pass over the text. */
struct scan {
  const uint8_t* at;
  const uint8_t* end;
  const uint8_t* first[LK_JSON_DEPTH]; /* of each open object: its first name; NULL: none yet */
  unsigned arrays;                     /* bit n: level n is an array, not an object */
  unsigned depth;
  unsigned keys;
};

static bool next_is(struct scan* scan, uint8_t c) {
  while (scan->at != scan->end &&
         (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
    ++scan->at;
  return scan->at != scan->end && *scan->at == c;
}

static bool take(struct scan* scan, uint8_t c) {
  if (!next_is(scan, c)) return false;
  ++scan->at;
  return true;
}

/* The address after the string that begins at `at`. The string must have been checked. */
static const uint8_t* behind_text(const uint8_t* at) {
  for (++at; *at != '"'; ++at)
    if (*at == '\\') ++at;
  return at + 1;
}

static struct lk_bytes text_at(const uint8_t* quote) {
  struct lk_bytes text = {quote + 1, (size_t)(behind_text(quote) - quote) - 2};
  return text;
}

/* The name after the one at `at` in the same object. `stop` is the name that was read last. */
static const uint8_t* next_name(const uint8_t* at, const uint8_t* stop) {
  unsigned depth = 0;
  while (at < stop) {
    const uint8_t c = *at;
    at = c == '"' ? behind_text(at) : at + 1;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c != ',' || depth > 0) continue;
    while (*at != '"')
      ++at;
    return at;
  }
  return stop;
}

static bool is_new_name(const uint8_t* first, const uint8_t* name) {
  for (; first < name; first = next_name(first, name))
    if (lk_json_equal(text_at(first), text_at(name))) return false;
  return true;
}

/* Takes `"name":` in the innermost object. Returns where the name begins; NULL if there is none, or if the
 * object has this name already. */
static const uint8_t* take_name(struct scan* scan) {
  const uint8_t** const first = &scan->first[scan->depth - 1];
  const uint8_t* name = NULL;
  if (next_is(scan, '"')) name = scan->at;
  if (name == NULL || ++scan->keys > LK_JSON_KEYS) return NULL;
  scan->at = lk_json_take_text(name, scan->end);
  if (*first == NULL) *first = name;
  return scan->at != NULL && is_new_name(*first, name) && take(scan, ':') ? name : NULL;
}

static bool is_in_array(const struct scan* scan) {
  return scan->depth > 0 && (scan->arrays >> scan->depth & 1U) != 0;
}

/* Takes the `{` or `[` at `at`. `finish_value` or `lk_json_read` takes the other end. */
static bool open_one(struct scan* scan, enum lk_json_kind* kind) {
  const bool is_array = *scan->at++ == '[';
  if (scan->depth == LK_JSON_DEPTH) return false;
  scan->first[scan->depth++] = NULL;
  scan->arrays = (scan->arrays & ~(1U << scan->depth)) | (unsigned)is_array << scan->depth;
  *kind = is_array ? LK_JSON_ARRAY : LK_JSON_OBJECT;
  return true;
}

/* Takes a value; of an object or an array only its first byte. */
static bool begin_value(struct scan* scan, enum lk_json_kind* kind) {
  (void)next_is(scan, 0);
  if (scan->at == scan->end) return false;
  *kind = LK_JSON_TEXT;
  if (*scan->at == '{' || *scan->at == '[') return open_one(scan, kind);
  if (*scan->at == '"')
    scan->at = lk_json_take_text(scan->at, scan->end);
  else if (*scan->at == '-' || (*scan->at >= '0' && *scan->at <= '9'))
    scan->at = lk_json_take_number(scan->at, scan->end, kind);
  else
    scan->at = lk_json_take_word(scan->at, scan->end, kind);
  return scan->at != NULL;
}

/* Takes the rest of a member's value, until only the outermost object is open. */
static bool finish_value(struct scan* scan) {
  bool is_fresh = true; /* the innermost object or array is empty so far */
  enum lk_json_kind kind;
  while (scan->depth > 1) {
    const bool is_array = is_in_array(scan);
    if (take(scan, is_array ? ']' : '}')) {
      --scan->depth;
      is_fresh = false;
      continue;
    }
    if (!is_fresh && !take(scan, ',')) return false;
    if (!is_array && take_name(scan) == NULL) return false;
    if (!begin_value(scan, &kind)) return false;
    is_fresh = kind == LK_JSON_OBJECT || kind == LK_JSON_ARRAY;
  }
  return true;
}

static const struct lk_json_member* find(const struct lk_json_member* members, size_t count,
                                         const uint8_t* name) {
  size_t i;
  for (i = 0; i < count; ++i)
    if (lk_json_equal(text_at(name), lk_text(members[i].name))) return &members[i];
  return NULL;
}

static bool has_required(const struct lk_json_member* members, size_t count, const struct lk_slice* values) {
  size_t i;
  for (i = 0; i < count; ++i)
    if ((members[i].kind & LK_JSON_REQUIRED) != 0 && values[i].data == NULL) return false;
  return true;
}

static struct lk_slice value_of(struct lk_slice text, const uint8_t* begin, const uint8_t* end,
                                enum lk_json_kind kind) {
  const size_t quote = kind == LK_JSON_TEXT ? 1 : 0;
  struct lk_slice value = {text.data + (begin - text.data) + quote, (size_t)(end - begin) - 2 * quote};
  return value;
}

/* Takes a member of the outermost object. */
static bool take_member(struct scan* scan, struct lk_slice text, const struct lk_json_member* members,
                        size_t count, struct lk_slice* values, bool only_these) {
  const uint8_t* const name = take_name(scan);
  const struct lk_json_member* const member = name == NULL ? NULL : find(members, count, name);
  const uint8_t* begin;
  enum lk_json_kind kind;
  if (name == NULL || (only_these && member == NULL)) return false;
  (void)next_is(scan, 0);
  begin = scan->at;
  if (!begin_value(scan, &kind) || !finish_value(scan)) return false;
  if (member == NULL) return true;
  if ((member->kind & 7) != kind) return false;
  values[member - members] = value_of(text, begin, scan->at, kind);
  return true;
}

bool lk_json_read(struct lk_slice text, const struct lk_json_member* members, size_t count,
                  struct lk_slice* values, bool only_these) {
  struct scan scan = {text.data, text.data + text.size, {NULL}, 0, 0, 0};
  enum lk_json_kind kind;
  size_t i;
  for (i = 0; i < count; ++i) {
    values[i].data = NULL;
    values[i].size = 0;
  }
  if (text.size == 0 || text.data[0] != '{' || !open_one(&scan, &kind)) return false;
  if (!take(&scan, '}')) {
    do {
      if (!take_member(&scan, text, members, count, values, only_these)) return false;
    } while (take(&scan, ','));
    if (!take(&scan, '}')) return false;
  }
  (void)next_is(&scan, 0);
  return scan.at == scan.end && has_required(members, count, values);
}

bool lk_json_next_text(struct lk_slice* array, struct lk_slice* text) {
  const uint8_t* const end = array->data + array->size;
  struct scan scan = {array->data, end, {NULL}, 0, 0, 0};
  const uint8_t* quote;
  if (scan.at != end) ++scan.at; /* '[', or the ',' after the previous string */
  if (!next_is(&scan, '"')) {
    if (next_is(&scan, ']')) array->size = 0;
    return false;
  }
  quote = scan.at;
  scan.at = behind_text(quote);
  text->data = array->data + (quote + 1 - array->data);
  text->size = (size_t)(scan.at - quote) - 2;
  (void)next_is(&scan, 0);
  if (*scan.at != ',' && *scan.at != ']') return false;
  array->size = *scan.at == ']' ? 0 : (size_t)(end - scan.at);
  array->data += scan.at - array->data;
  return true;
}
