#define _POSIX_C_SOURCE 200809L
#include "report.h"

#include "../../src/lk_json.h"
#include "options.h"

#include <stdio.h>
#include <string.h>

struct reported reported;
static bool as_json, on_stderr, is_insistent, config_is_sealed;
static char config[8192] = "{}";
static char refusal[512];

void report_as(bool json, bool to_stderr, bool insists) {
  as_json = json;
  on_stderr = to_stderr && !json;
  is_insistent = insists;
}

void report_config(struct lk_bytes json, bool was_sealed) {
  config_is_sealed = was_sealed;
  if (json.size < sizeof config)
    (void)snprintf(config, sizeof config, "%.*s", (int)json.size, (const char*)json.data);
}

static FILE* out(void) {
  return on_stderr ? stderr : stdout;
}

static void begin(const char* step) {
  (void)fprintf(out(), as_json ? "{\"step\":\"%s\"" : "%s", step);
}

static void number(const char* name, uint64_t value) {
  (void)fprintf(out(), as_json ? ",\"%s\":%llu" : "  %s=%llu", name, (unsigned long long)value);
}

/* A string that is JSON without its quotes already. */
static void text(const char* name, struct lk_bytes value) {
  (void)fprintf(out(), as_json ? ",\"%s\":\"%.*s\"" : "  %s=%.*s", name, (int)value.size,
                (const char*)value.data);
}

static void plain(const char* name, const char* value) {
  struct lk_bytes bytes = {(const uint8_t*)value, strlen(value)};
  text(name, bytes);
}

static void flag(const char* name, bool value) {
  (void)fprintf(out(), as_json ? ",\"%s\":%s" : "  %s=%s", name, value ? "true" : "false");
}

static void end(void) {
  (void)fputs(as_json ? "}\n" : "\n", out());
  (void)fflush(out());
}

/* Any bytes as a JSON string: what is not printable ASCII becomes '?'. */
static void bytes(const char* name, struct lk_bytes value) {
  size_t i;
  (void)fprintf(out(), as_json ? ",\"%s\":\"" : "  %s=", name);
  for (i = 0; i < value.size; ++i) {
    const char c = (char)value.data[i];
    if (as_json && (c == '"' || c == '\\')) (void)fputc('\\', out());
    (void)fputc(c >= ' ' && c <= '~' ? c : '?', out());
  }
  if (as_json) (void)fputc('"', out());
}

void report_reading(const char* topic) {
  begin("reading");
  plain("topic", topic);
  end();
}

void report_received(const char* topic, struct lk_bytes payload) {
  const struct lk_bytes name = {(const uint8_t*)topic, strlen(topic)};
  begin("received");
  bytes("topic", name);
  bytes("payload", payload);
  end();
}

static void answer(const struct lk_answer* answer) {
  text("status", answer->status);
  text("tracking_id", answer->tracking_id);
  flag("signed", answer->is_signed);
  if (answer->code.size > 0) text("code", answer->code);
  if (answer->message.size > 0) text("message", answer->message);
  if (answer->retry_after_s != LK_NEVER) number("retry_after_s", answer->retry_after_s);
  if (answer->generation != LK_NEVER) number("generation", answer->generation);
  if (answer->config_version != LK_NEVER) number("config_version", answer->config_version);
  (void)snprintf(refusal, sizeof refusal, "refused: %.*s: %.*s", (int)answer->code.size,
                 (const char*)answer->code.data, (int)answer->message.size,
                 (const char*)answer->message.data);
  reported.is_accepted = answer->status.size == 8 && memcmp(answer->status.data, "accepted", 8) == 0;
  reported.is_refused_openly = !answer->is_signed;
}

static void refused(uint64_t seconds) {
  char when[64] = "";
  if (is_insistent)
    (void)snprintf(when, sizeof when, "; it tries again in %llu s", (unsigned long long)seconds);
  remark(refusal, when);
  reported.is_refused = !reported.is_refused_openly;
}

static void ready(const struct lk_event* event) {
  number("config_version", event->number);
  if (config_is_sealed)
    flag("sealed", true);
  else
    (void)fprintf(out(), as_json ? ",\"config\":%s" : "  config=%s", config);
  reported.is_ready = true;
}

static void members(const struct lk_event* event) {
  switch (event->kind) {
    case LK_EVENT_POWERED_ON:
      plain("device_id", event->text);
      break;
    case LK_EVENT_REQUEST_SENT:
      plain("request_id", event->text);
      flag("nonce", event->flag);
      break;
    case LK_EVENT_ANSWER:
      answer(event->answer);
      break;
    case LK_EVENT_CONNECTED:
      plain("host", event->text);
      number("port", event->port);
      plain("session", event->other);
      text("subject", event->bytes);
      number("generation", event->number);
      break;
    case LK_EVENT_CONFIGURATION:
      text("state", event->bytes);
      number("config_version", event->number);
      flag("has_config", event->flag);
      break;
    case LK_EVENT_FAILED:
      plain("code", event->text);
      plain("message", event->other);
      break;
    case LK_EVENT_READY:
      ready(event);
      break;
    case LK_EVENT_MOVING:
      plain("host", event->text);
      number("port", event->port);
      break;
    case LK_EVENT_LOST:
      plain("reason", event->text);
      break;
    case LK_EVENT_APPLIED:
      number("config_version", event->number);
      break;
    default:
      number("generation", event->number);
      break;
  }
}

static void on_event(void* context, const struct lk_event* event) {
  static const char* const steps[] = {"powered_on",    "request_sent", "answer", "connected",
                                      "configuration", "applied",      "failed", "ready",
                                      "renewing",      "renewed",      "moving", "lost"};
  (void)context;
  if (event->kind == LK_EVENT_REMARK) {
    remark(event->text, "");
  } else if (event->kind == LK_EVENT_REFUSED) {
    refused(event->number);
  } else {
    begin(steps[event->kind]);
    members(event);
    end();
  }
}

const struct lk_log report = {NULL, on_event};
