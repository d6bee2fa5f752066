#include "lk_internal.h"

/* A connection in a record: port, whether with TLS, and a list: host, client id, topics (each with its NUL),
 * anchors. */

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
  enum { HOST, PORT, TLS, CLIENT_ID, TOPICS, CA, COUNT };
  static const struct lk_json_member members[COUNT] = {
      {"host", LK_JSON_TEXT | LK_JSON_REQUIRED},   {"port", LK_JSON_INTEGER | LK_JSON_REQUIRED},
      {"tls", LK_JSON_BOOLEAN | LK_JSON_REQUIRED}, {"client_id", LK_JSON_TEXT | LK_JSON_REQUIRED},
      {"topics", LK_JSON_TEXT | LK_JSON_REQUIRED}, {"ca", LK_JSON_ARRAY}};
  struct lk_slice values[COUNT];
  uint32_t port;
  if (json.data == NULL || !lk_json_read(json, members, COUNT, values, false)) return false;
  port = lk_json_integer(values[PORT]);
  if (port < 1 || port > 65535) return false;
  lk_write_byte(writer, (uint8_t)(port >> 8));
  lk_write_byte(writer, (uint8_t)port);
  lk_write_byte(writer, lk_json_true(values[TLS]) ? 1 : 0);
  if (!write_text(writer, values[HOST]) || !write_text(writer, values[CLIENT_ID]) ||
      !write_text(writer, values[TOPICS]))
    return false;
  return (values[CA].data == NULL || write_anchors(writer, values[CA])) && !writer->overflowed;
}

static const char* take_text(struct lk_list* list) {
  struct lk_bytes text;
  if (!lk_list_next(list, &text) || text.size < 2 || text.data[text.size - 1] != 0) return NULL;
  return (const char*)text.data;
}

bool lk_read_connection(struct lk_bytes record, struct lk_connection* connection) {
  if (record.size < 3) return false;
  connection->port = (uint16_t)lk_get_u16(record.data);
  connection->tls = record.data[2] != 0;
  connection->anchors.data = record.data + 3;
  connection->anchors.size = record.size - 3;
  connection->host = take_text(&connection->anchors);
  connection->client_id = take_text(&connection->anchors);
  connection->topics = take_text(&connection->anchors);
  return connection->topics != NULL && connection->host != NULL && connection->client_id != NULL;
}
