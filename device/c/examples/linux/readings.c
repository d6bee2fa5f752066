#define _DEFAULT_SOURCE
#include "readings.h"

#include "../../src/lk_json.h"
#include "options.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char topic[1200]; /* empty: it may publish nothing */
static uint8_t filters[2048];
static struct lk_list subscribed = {filters, 0};
static uint32_t interval_s; /* 0: no readings */
static uint64_t next_ms;
static unsigned number;

/* Each wildcard of the filter becomes the level "reading". */
static void write_topic(const char* filter) {
  static const char level[] = "reading";
  size_t size = 0;
  for (; *filter != '\0' && size + sizeof level < sizeof topic; ++filter) {
    if (*filter != '+' && *filter != '#') {
      topic[size++] = *filter;
    } else {
      memcpy(topic + size, level, sizeof level - 1);
      size += sizeof level - 1;
    }
  }
  topic[size] = '\0';
}

void readings_begin(struct mosquitto* client, const struct lk_rights* rights) {
  struct lk_list publish = rights->publish, subscribe = rights->subscribe;
  struct lk_bytes filter;
  topic[0] = '\0';
  if (lk_list_next(&publish, &filter)) write_topic((const char*)filter.data);
  subscribed.size = subscribe.size <= sizeof filters ? subscribe.size : 0;
  if (subscribed.size > 0) memcpy(filters, subscribe.data, subscribed.size);
  while (lk_list_next(&subscribe, &filter))
    if (mosquitto_subscribe(client, NULL, (const char*)filter.data, 1) != MOSQ_ERR_SUCCESS)
      remark((const char*)filter.data, ": cannot be subscribed to");
}

void readings_configure(struct lk_bytes json) {
  static const struct lk_json_member member = {"report_interval_s", LK_JSON_INTEGER};
  static uint8_t text[8192];
  struct lk_slice whole = {text, json.size}, value;
  interval_s = 0;
  next_ms = 0;
  if (json.size > sizeof text) return;
  memcpy(text, json.data, json.size);
  if (lk_json_read(whole, &member, 1, &value, false) && value.data != NULL)
    interval_s = lk_json_integer(value);
  if (interval_s > 86400) interval_s = 0;
}

uint64_t readings_publish(struct mosquitto* client, uint64_t now_ms) {
  char payload[64];
  double load = 0;
  int size;
  if (topic[0] == '\0' || interval_s == 0) return UINT64_MAX;
  if (now_ms < next_ms) return next_ms;
  next_ms = now_ms + interval_s * 1000ULL;
  (void)getloadavg(&load, 1);
  size = snprintf(payload, sizeof payload, "{\"number\":%u,\"load\":%.2f}", ++number, load);
  if (mosquitto_publish(client, NULL, topic, size, payload, 1, false) == MOSQ_ERR_SUCCESS)
    report_reading(topic);
  return next_ms;
}

void readings_receive(const char* from, struct lk_bytes payload) {
  struct lk_list rest = subscribed;
  struct lk_bytes filter;
  bool is_ours = false;
  while (!is_ours && lk_list_next(&rest, &filter))
    if (mosquitto_topic_matches_sub((const char*)filter.data, from, &is_ours) != MOSQ_ERR_SUCCESS)
      is_ours = false;
  if (is_ours) report_received(from, payload);
}

void readings_end(void) {
  topic[0] = '\0';
  subscribed.size = 0;
}
