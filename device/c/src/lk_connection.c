#include "lk_internal.h"

#include <string.h>

/* A connection in a record: port, flags, and a list: host, client id, topics (each with its NUL); with
 * HAS_RIGHTS the lists of the filters to publish and to subscribe to (each with its NUL); anchors. Records of
 * earlier firmware have no rights. */
enum { HAS_TLS = 1, HAS_RIGHTS = 2 };

uint8_t* lk_begin_item(struct lk_writer* writer) {
  uint8_t* const begin = writer->at;
  lk_write_byte(writer, 0);
  lk_write_byte(writer, 0);
  return begin;
}

void lk_end_item(struct lk_writer* writer, uint8_t* begin) {
  const size_t size = (size_t)(writer->at - begin);
  if (writer->overflowed) return;
  if (size - 2 > 0xFFFF) {
    writer->overflowed = true;
    return;
  }
  begin[0] = (uint8_t)((size - 2) >> 8);
  begin[1] = (uint8_t)(size - 2);
}

static bool write_text(struct lk_writer* writer, struct lk_slice text) {
  uint8_t* const item = lk_begin_item(writer);
  lk_json_unescape(&text);
  lk_write_bytes(writer, lk_view(text));
  lk_write_byte(writer, 0);
  lk_end_item(writer, item);
  return text.size > 0;
}

/* A list in a list; empty if the member is missing. */
static bool write_filters(struct lk_writer* writer, struct lk_slice list) {
  uint8_t* const item = lk_begin_item(writer);
  struct lk_slice filter;
  while (list.data != NULL && lk_json_next_text(&list, &filter))
    if (!write_text(writer, filter)) return false;
  lk_end_item(writer, item);
  return list.data == NULL || list.size == 0;
}

static bool write_anchors(struct lk_writer* writer, struct lk_slice list) {
  struct lk_slice anchor;
  while (lk_json_next_text(&list, &anchor)) {
    uint8_t* const item = lk_begin_item(writer);
    lk_json_unescape(&anchor);
    if (!lk_decode(&anchor, LK_BASE64) || anchor.size == 0) return false;
    lk_write_bytes(writer, lk_view(anchor));
    lk_end_item(writer, item);
  }
  return list.size == 0;
}

bool lk_write_connection(struct lk_writer* writer, struct lk_slice json) {
  enum { HOST, PORT, TLS, CLIENT_ID, TOPICS, PUBLISH, SUBSCRIBE, CA, COUNT };
  static const struct lk_json_member members[COUNT] = {{"host", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                       {"port", LK_JSON_INTEGER | LK_JSON_REQUIRED},
                                                       {"tls", LK_JSON_BOOLEAN | LK_JSON_REQUIRED},
                                                       {"client_id", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                       {"topics", LK_JSON_TEXT | LK_JSON_REQUIRED},
                                                       {"publish", LK_JSON_ARRAY},
                                                       {"subscribe", LK_JSON_ARRAY},
                                                       {"ca", LK_JSON_ARRAY}};
  struct lk_slice values[COUNT];
  uint32_t port;
  if (json.data == NULL || !lk_json_read(json, members, COUNT, values, false)) return false;
  port = lk_json_integer(values[PORT]);
  if (port < 1 || port > 65535) return false;
  lk_write_byte(writer, (uint8_t)(port >> 8));
  lk_write_byte(writer, (uint8_t)port);
  lk_write_byte(writer, (uint8_t)((lk_json_true(values[TLS]) ? HAS_TLS : 0) | HAS_RIGHTS));
  if (!write_text(writer, values[HOST]) || !write_text(writer, values[CLIENT_ID]) ||
      !write_text(writer, values[TOPICS]) || !write_filters(writer, values[PUBLISH]) ||
      !write_filters(writer, values[SUBSCRIBE]))
    return false;
  return (values[CA].data == NULL || write_anchors(writer, values[CA])) && !writer->overflowed;
}

static const char* take_text(struct lk_list* list) {
  struct lk_bytes text;
  if (!lk_list_next(list, &text) || text.size < 2 || text.data[text.size - 1] != 0) return NULL;
  return (const char*)text.data;
}

static struct lk_list take_filters(struct lk_list* list) {
  struct lk_bytes filters = {NULL, 0};
  struct lk_list taken;
  (void)lk_list_next(list, &filters);
  taken.data = filters.data;
  taken.size = filters.size;
  return taken;
}

bool lk_read_connection(struct lk_bytes record, struct lk_connection* connection) {
  if (record.size < 3) return false;
  connection->port = (uint16_t)lk_get_u16(record.data);
  connection->tls = (record.data[2] & HAS_TLS) != 0;
  connection->anchors.data = record.data + 3;
  connection->anchors.size = record.size - 3;
  connection->host = take_text(&connection->anchors);
  connection->client_id = take_text(&connection->anchors);
  connection->topics = take_text(&connection->anchors);
  memset(&connection->rights, 0, sizeof connection->rights);
  if ((record.data[2] & HAS_RIGHTS) != 0) {
    connection->rights.publish = take_filters(&connection->anchors);
    connection->rights.subscribe = take_filters(&connection->anchors);
  }
  return connection->topics != NULL && connection->host != NULL && connection->client_id != NULL;
}

bool lk_is_same_place(struct lk_bytes told, struct lk_bytes stored) {
  struct lk_connection one, other;
  if (!lk_read_connection(told, &one) || !lk_read_connection(stored, &other)) return false;
  return one.port == other.port && one.tls == other.tls && strcmp(one.host, other.host) == 0 &&
         strcmp(one.client_id, other.client_id) == 0 && strcmp(one.topics, other.topics) == 0 &&
         (one.anchors.size == 0 || (one.anchors.size == other.anchors.size &&
                                    memcmp(one.anchors.data, other.anchors.data, one.anchors.size) == 0));
}
