#include "../../crypto/lk_psa.h"
#include "../../lk_pem.h"
#include "latchkey_zephyr_parts.h"

#include <stdio.h>
#include <string.h>
#include <zephyr/net/mqtt.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/tls_credentials.h>

/* Anchors have tags from ANCHOR_TAG on; the device's certificate and key have DEVICE_TAG. Zephyr does not
 * copy credentials. */
enum { DEVICE_TAG = 0x4C01, ANCHOR_TAG = 0x4C02, ANCHORS = 4, CHAIN_PEM = 4096, PART = 256 };

static struct mqtt_client client;
static struct sockaddr_storage broker;
static struct mqtt_utf8 username, password, will_message;
static struct mqtt_topic will_topic;
static uint8_t received[1024], sent[1024];
static char chain_pem[CHAIN_PEM];
static uint8_t key_der[128];
static sec_tag_t tags[1 + ANCHORS];
static char host_name[128], client_name[65], user_name[128], password_text[160];
static bool is_open, is_lost;

static struct mqtt_utf8 utf8(const char* text) {
  const struct mqtt_utf8 made = {(const uint8_t*)text, (uint32_t)strlen(text)};
  return made;
}

/* --- what happened */

static void take_message(const struct mqtt_publish_param* publish) {
  const struct mqtt_utf8* const name = &publish->message.topic.topic;
  const struct mqtt_puback_param ack = {.message_id = publish->message_id};
  const size_t total = publish->message.payload.len;
  char topic[160];
  uint8_t bytes[PART];
  size_t offset = 0;
  (void)snprintf(topic, sizeof topic, "%.*s", (int)name->size, (const char*)name->utf8);
  while (offset < total) {
    const size_t wanted = total - offset < sizeof bytes ? total - offset : sizeof bytes;
    const struct lk_bytes part = {bytes, wanted};
    if (mqtt_readall_publish_payload(&client, bytes, wanted) != 0) {
      is_lost = true;
      return;
    }
    latchkey_zephyr_received(topic, offset, total, part);
    offset += wanted;
  }
  (void)mqtt_publish_qos1_ack(&client, &ack);
}

static void on_event(struct mqtt_client* from, const struct mqtt_evt* event) {
  const struct mqtt_binstr* const codes = &event->param.suback.return_codes;
  (void)from;
  switch (event->type) {
    case MQTT_EVT_CONNACK:
      latchkey_zephyr_connected(event->result == 0);
      break;
    case MQTT_EVT_SUBACK:
      latchkey_zephyr_subscribed(event->result == 0 && codes->len > 0 && codes->data[0] < 0x80);
      break;
    case MQTT_EVT_PUBACK:
      latchkey_zephyr_published(event->param.puback.message_id);
      break;
    case MQTT_EVT_PUBLISH:
      take_message(&event->param.publish);
      break;
    case MQTT_EVT_DISCONNECT:
      is_lost = true;
      break;
    default:
      break;
  }
}

/* --- connecting */

static bool find_broker(const char* host, uint16_t port) {
  struct zsock_addrinfo* found = NULL;
  char service[6];
  (void)snprintf(service, sizeof service, "%u", port);
  if (zsock_getaddrinfo(host, service, NULL, &found) != 0 || found == NULL) return false;
  memcpy(&broker, found->ai_addr, found->ai_addrlen);
  zsock_freeaddrinfo(found);
  return true;
}

static void forget_credentials(void) {
  int i;
  (void)tls_credential_delete(DEVICE_TAG, TLS_CREDENTIAL_PUBLIC_CERTIFICATE);
  (void)tls_credential_delete(DEVICE_TAG, TLS_CREDENTIAL_PRIVATE_KEY);
  for (i = 0; i < ANCHORS; ++i)
    (void)tls_credential_delete(ANCHOR_TAG + i, TLS_CREDENTIAL_CA_CERTIFICATE);
}

/* The anchors of the connection are in the work buffer, which changes later: one that the handshake needs is
 * read by then. */
static uint32_t add_anchors(const struct lk_connect* how, uint32_t count) {
  struct lk_list more = how->more_anchors;
  struct lk_bytes der;
  uint32_t i = 0;
  for (; i < how->anchors_size && i < ANCHORS; ++i, ++count) {
    tags[count] = ANCHOR_TAG + (int)i;
    (void)tls_credential_add(tags[count], TLS_CREDENTIAL_CA_CERTIFICATE, how->anchors[i].data,
                             how->anchors[i].size);
  }
  for (; i < ANCHORS && lk_list_next(&more, &der); ++i, ++count) {
    tags[count] = ANCHOR_TAG + (int)i;
    (void)tls_credential_add(tags[count], TLS_CREDENTIAL_CA_CERTIFICATE, der.data, der.size);
  }
  return count;
}

static bool add_certificate(const struct lk_connect* how) {
  struct lk_list chain = how->chain;
  struct lk_bytes der;
  size_t used = 0, size;
  while (lk_list_next(&chain, &der))
    used += lk_certificate_pem(der, chain_pem + used, sizeof chain_pem - used);
  size = lk_key_der(&lk_psa, how->key.data, key_der, sizeof key_der);
  return used > 0 && size > 0 &&
         tls_credential_add(DEVICE_TAG, TLS_CREDENTIAL_PUBLIC_CERTIFICATE, chain_pem, used + 1) == 0 &&
         tls_credential_add(DEVICE_TAG, TLS_CREDENTIAL_PRIVATE_KEY, key_der, size) == 0;
}

static bool set_tls(const struct lk_connect* how) {
  struct mqtt_sec_config* const tls = &client.transport.tls.config;
  uint32_t count = 0;
  forget_credentials();
  client.transport.type = MQTT_TRANSPORT_SECURE;
  if (how->chain.size > 0) {
    if (!add_certificate(how)) return false;
    tags[count++] = DEVICE_TAG;
  }
  tls->peer_verify = 2; /* required */
  tls->sec_tag_list = tags;
  tls->sec_tag_count = add_anchors(how, count);
  tls->hostname = host_name;
  return true;
}

static void set_login(const struct lk_connect* how) {
  (void)snprintf(client_name, sizeof client_name, "%s", how->client_id);
  client.client_id = utf8(client_name);
  if (how->username == NULL) return;
  (void)snprintf(user_name, sizeof user_name, "%s", how->username);
  (void)snprintf(password_text, sizeof password_text, "%.*s", (int)how->password.size,
                 (const char*)how->password.data);
  username = utf8(user_name);
  password = utf8(password_text);
  client.user_name = &username;
  client.password = &password;
}

static void set_will(const struct lk_connect* how) {
  if (how->will_topic == NULL) return;
  will_topic.topic = utf8(how->will_topic);
  will_topic.qos = MQTT_QOS_1_AT_LEAST_ONCE;
  will_message.utf8 = how->will.data;
  will_message.size = (uint32_t)how->will.size;
  client.will_topic = &will_topic;
  client.will_message = &will_message;
}

/* mqtt_connect makes the handshake and sends CONNECT: after it nothing of `how` is used. */
bool latchkey_zephyr_connect(const struct lk_connect* how) {
  (void)snprintf(host_name, sizeof host_name, "%s", how->host);
  mqtt_client_init(&client);
  client.broker = &broker;
  client.evt_cb = on_event;
  client.protocol_version = MQTT_VERSION_3_1_1;
  client.clean_session = 1;
  client.rx_buf = received;
  client.rx_buf_size = sizeof received;
  client.tx_buf = sent;
  client.tx_buf_size = sizeof sent;
  client.transport.type = MQTT_TRANSPORT_NON_SECURE;
  set_login(how);
  set_will(how);
  is_lost = false;
  is_open = find_broker(how->host, how->port) && (!how->tls || set_tls(how)) && mqtt_connect(&client) == 0;
  return is_open;
}

/* --- while it is open */

bool latchkey_zephyr_subscribe(const char* topic) {
  struct mqtt_topic filter = {.topic = utf8(topic), .qos = MQTT_QOS_1_AT_LEAST_ONCE};
  const struct mqtt_subscription_list list = {.list = &filter, .list_count = 1, .message_id = 1};
  return mqtt_subscribe(&client, &list) == 0;
}

bool latchkey_zephyr_publish(const char* topic, struct lk_bytes payload, uint16_t id) {
  struct mqtt_publish_param publish;
  memset(&publish, 0, sizeof publish);
  publish.message.topic.topic = utf8(topic);
  publish.message.topic.qos = MQTT_QOS_1_AT_LEAST_ONCE;
  publish.message.payload.data = (uint8_t*)payload.data;
  publish.message.payload.len = (uint32_t)payload.size;
  publish.message_id = id;
  return mqtt_publish(&client, &publish) == 0;
}

void latchkey_zephyr_disconnect(void) {
  if (is_open) (void)mqtt_disconnect(&client);
  is_open = false;
}

static int socket_of(void) {
  return client.transport.type == MQTT_TRANSPORT_SECURE ? client.transport.tls.sock
                                                        : client.transport.tcp.sock;
}

void latchkey_zephyr_wait(uint32_t wait_ms) {
  struct zsock_pollfd ready = {.fd = -1,
                               .events = ZSOCK_POLLIN}; /* without a connection: waits for the time */
  if (is_open) ready.fd = socket_of();
  if (zsock_poll(&ready, 1, (int)wait_ms) > 0 && mqtt_input(&client) != 0) is_lost = true;
  if (is_open && !is_lost) (void)mqtt_live(&client);
  if (!is_open || !is_lost) return;
  (void)mqtt_abort(&client);
  is_open = false;
  latchkey_zephyr_lost();
}
