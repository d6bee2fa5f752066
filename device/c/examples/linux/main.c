#define _POSIX_C_SOURCE 200809L
#include "../../crypto/lk_openssl.h"
#include "../../latchkey.h"
#include "flash.h"
#include "hook.h"
#include "options.h"
#include "readings.h"
#include "report.h"
#include "tls.h"

#include <mosquitto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A complete device on Linux, with libmosquitto and OpenSSL. */

enum { READY = 0, REFUSED = 1, UNUSABLE = 65, UNREACHABLE = 69, LATER = 75 };

static struct options options;
static struct lk_device device;
static uint8_t message[8192], work[8192 * 9 / 16 + 512];
static struct mosquitto* client;
static SSL_CTX* tls;
static bool has_connected, is_lost;
static bool is_done; /* it is ready, and has nothing to do now */
static enum lk_reason lost_by;
static int last_mid;
static uint16_t last_id;
static volatile sig_atomic_t is_asked_to_stop;

static void on_signal(int number) {
  (void)number;
  is_asked_to_stop = 1;
}

static uint64_t now_ms(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void tell_time(void) {
  lk_on_time(&device, now_ms(), options.has_clock ? (uint32_t)time(NULL) : 0);
}

/* --- what libmosquitto calls, from mosquitto_loop */

static void on_connect(struct mosquitto* from, void* context, int code) {
  (void)from;
  (void)context;
  tell_time();
  if (code == 0) {
    has_connected = true;
    lk_on_connected(&device);
  } else {
    is_lost = true;
    lost_by = LK_LOGIN_REFUSED;
  }
}

static void on_subscribe(struct mosquitto* from, void* context, int mid, int count, const int* granted) {
  (void)from;
  (void)context;
  (void)mid;
  tell_time();
  lk_on_subscribed(&device, count == 1 && granted[0] < 3);
}

static void on_publish(struct mosquitto* from, void* context, int mid) {
  (void)from;
  (void)context;
  if (mid == last_mid) lk_on_published(&device, last_id);
}

static void on_message(struct mosquitto* from, void* context, const struct mosquitto_message* heard) {
  const struct lk_bytes bytes = {heard->payload, (size_t)heard->payloadlen};
  (void)from;
  (void)context;
  tell_time();
  lk_on_message_part(&device, heard->topic, 0, bytes.size, bytes);
  readings_receive(heard->topic, bytes);
}

/* --- what the device wants */

static void close_client(void) {
  readings_end();
  if (client != NULL) mosquitto_destroy(client);
  client = NULL;
  SSL_CTX_free(tls);
  tls = NULL;
}

static bool open_client(const struct lk_connect* connect) {
  char password[160] = "";
  int done = MOSQ_ERR_SUCCESS;
  client = mosquitto_new(connect->client_id, true, NULL);
  if (client == NULL) return false;
  (void)mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION,
                             options.is_mqtt_5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
  mosquitto_connect_callback_set(client, on_connect);
  mosquitto_subscribe_callback_set(client, on_subscribe);
  mosquitto_publish_callback_set(client, on_publish);
  mosquitto_message_callback_set(client, on_message);
  (void)snprintf(password, sizeof password, "%.*s", (int)connect->password.size,
                 (const char*)connect->password.data);
  if (connect->username != NULL) done = mosquitto_username_pw_set(client, connect->username, password);
  if (connect->will_topic != NULL && done == MOSQ_ERR_SUCCESS)
    done = mosquitto_will_set(client, connect->will_topic, (int)connect->will.size, connect->will.data, 1,
                              false);
  if (connect->tls) {
    tls = tls_of(connect);
    if (tls == NULL) return false;
    (void)mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    if (done == MOSQ_ERR_SUCCESS) done = mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, tls);
  }
  return done == MOSQ_ERR_SUCCESS &&
         mosquitto_connect(client, connect->host, connect->port, 30) == MOSQ_ERR_SUCCESS;
}

static void connect_to(const struct lk_connect* connect) {
  is_lost = false;
  if (open_client(connect)) return;
  is_lost = true;
  lost_by = tls_failure();
}

static void publish(const struct lk_step* step) {
  last_id = step->id;
  if (client != NULL)
    (void)mosquitto_publish(client, &last_mid, step->topic, (int)step->payload.size, step->payload.data, 1,
                            false);
}

static void use_config(struct lk_bytes json, bool was_sealed) {
  report_config(json, was_sealed);
  readings_configure(json);
}

static void apply(const struct lk_config* config) {
  const uint32_t version = config->version;
  const char* why;
  const bool ok = apply_config(&options, config, &why);
  if (ok) use_config(config->json, config->was_sealed);
  tell_time();
  lk_config_applied(&device, version, ok, why);
}

/* Waits for the network, or the time. */
static void wait_until(uint64_t until_ms) {
  const uint64_t now = now_ms();
  const int wait_ms = until_ms <= now ? 0 : until_ms - now < 100 ? (int)(until_ms - now) : 100;
  const struct timespec pause = {0, wait_ms * 1000000L};
  int result;
  if (client == NULL) {
    (void)nanosleep(&pause, NULL);
    return;
  }
  result = mosquitto_loop(client, wait_ms, 1);
  if (result == MOSQ_ERR_SUCCESS || is_lost) return;
  is_lost = true;
  lost_by = tls_failure();
}

/* What it wants now; false when it has stopped. */
static bool turn(void) {
  struct lk_step step;
  uint64_t next_reading;
  tell_time();
  if (is_lost) {
    is_lost = false;
    close_client();
    lk_on_disconnected(&device, lost_by);
  }
  lk_next(&device, &step);
  is_done = reported.is_ready && step.action == LK_WAIT;
  switch (step.action) {
    case LK_WAIT:
      next_reading = readings_publish(client, now_ms());
      wait_until(next_reading < step.until_ms ? next_reading : step.until_ms);
      break;
    case LK_CONNECT:
      connect_to(&step.connect);
      break;
    case LK_SUBSCRIBE:
      if (mosquitto_subscribe(client, NULL, step.topic, 1) != MOSQ_ERR_SUCCESS)
        lk_on_subscribed(&device, false);
      break;
    case LK_PUBLISH:
      publish(&step);
      break;
    case LK_APPLY:
      apply(&step.config);
      break;
    case LK_READY:
      readings_begin(client, &step.rights);
      break;
    case LK_DISCONNECT:
      if (client != NULL) (void)mosquitto_disconnect(client);
      close_client();
      lk_on_disconnected(&device, LK_NETWORK);
      break;
    case LK_STOPPED:
      return false;
  }
  return true;
}

static void run(void) {
  bool is_told = false;
  while (turn()) {
    if (is_asked_to_stop && !is_told) lk_stop(&device);
    is_told = is_asked_to_stop != 0;
  }
}

/* Until it is ready, refused, or the time is over. An unsigned refusal is believed if nothing better comes in
 * a second. */
static int provision(void) {
  const uint64_t end = now_ms() + options.timeout_s * 1000ULL;
  uint64_t believe_at = UINT64_MAX;
  while (turn() && now_ms() < end) {
    if (is_asked_to_stop || is_done) break;
    if (reported.is_refused || believe_at <= now_ms()) return REFUSED;
    if (reported.is_refused_openly && believe_at == UINT64_MAX) believe_at = now_ms() + 1000;
    if (reported.is_accepted) believe_at = UINT64_MAX;
  }
  lk_stop(&device);
  while (turn()) {
  }
  return reported.is_ready ? READY : has_connected ? LATER : UNREACHABLE;
}

/* What `ready` shows if no other configuration comes. */
static void report_stored(void) {
  static uint8_t json[8192];
  uint32_t version;
  bool was_sealed;
  struct lk_bytes config = {json, 0};
  config.size = lk_read_config(&device, json, sizeof json, &version, &was_sealed);
  if (config.size > 0) use_config(config, was_sealed);
}

int main(int argc, char** argv) {
  const struct lk_buffers buffers = {message, sizeof message, work, sizeof work};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  (void)sigaction(SIGTERM, &action, NULL);
  (void)sigaction(SIGINT, &action, NULL);
  (void)signal(SIGPIPE, SIG_IGN);
  read_options(argc, argv, &options);
  report_as(options.json, options.runs, options.runs);
  (void)mosquitto_lib_init();
  if (!flash_open(options.folder)) {
    remark(options.folder, ": cannot be used");
    return UNUSABLE;
  }
  if (!lk_start(&device, &options.setup, &lk_openssl, &flash, &report, buffers)) {
    remark("these flags do not go together", "");
    return UNUSABLE;
  }
  report_stored();
  if (!options.runs) return provision();
  run();
  return 0;
}
