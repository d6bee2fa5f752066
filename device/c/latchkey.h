#ifndef LATCHKEY_H
#define LATCHKEY_H

#include "lk_bytes.h"
#include "lk_crypto.h"
#include "lk_parts.h"
#include "lk_store.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A device of Latchkey on a microcontroller. docs/microcontrollers.md explains the library, docs/protocol.md
 * specifies the protocol.
 *
 * The library does nothing by itself: it has no I/O, heap, clock or thread. You tell it what happened
 * (lk_on_...), and ask it what to do next (lk_next). Call it from one thread only, and never from a function
 * of its tables.
 */

#define LK_NONCE_MAX 128
#define LK_NEVER UINT32_MAX

enum lk_proof {
  LK_PROOF_KEY,         /**< a symmetric key of 32 to 64 bytes: the device's own, or derived from a group's */
  LK_PROOF_PRIVATE_KEY, /**< a private key: its public key is enrolled, or `chain` certifies it */
  LK_PROOF_TOKEN        /**< an enrolment token */
};

/** What the factory puts into a device. It may be in flash. Do not change it while the device runs. */
struct lk_setup {
  const char* device_id;
  enum lk_proof proof;
  struct lk_bytes key;   /**< the symmetric key, or the private key as `sign` of the crypto table takes it */
  const char* algorithm; /**< of the private key: ES256, ES384, RS256 or Ed25519; NULL: ES256 */
  const struct lk_bytes* chain; /**< certificates in DER, leaf first; NULL: the public key is enrolled */
  size_t chain_size;
  const char* token;
  const char* group; /**< the device's group; required if the key was derived from the group's key */

  bool wants_password;    /**< request a password; false: a certificate */
  bool no_encryption_key; /**< secrets are sealed under the symmetric key; only with LK_PROOF_KEY */
  const char* attributes; /**< a JSON object of at most 2 KiB; NULL: none */
  const char* root;       /**< root of the provisioning topics; NULL: provisioning/v1 */

  const char* host; /**< the broker's bootstrap listener */
  uint16_t port;
  bool plain; /**< without TLS: in tests only */
  const char* username;
  const char* password;
  /** CA certificates in DER, for the broker's certificate and for the service's (P-256). */
  const struct lk_bytes* anchors;
  size_t anchors_size;

  /** If no configuration has come for this long, the device tries another connection; 0: 60 s. */
  uint32_t patience_ms;
  uint32_t start_within_ms; /**< the longest random delay before the start; in a fleet 30 s */
};

/** The caller's memory. Both buffers contain secrets at times. */
struct lk_buffers {
  uint8_t* message; /**< for one MQTT message: at least 2,048 bytes */
  size_t message_size;
  uint8_t* work; /**< for a stored record or decrypted data: 9/16 of `message` + 512 are always enough */
  size_t work_size;
};

/** An answer of the service, for the log. */
struct lk_answer {
  struct lk_bytes status, tracking_id, code, message; /**< JSON strings without their quotes */
  bool is_signed;
  uint32_t retry_after_s;              /**< LK_NEVER: the answer has none */
  uint32_t generation, config_version; /**< of `accepted`; LK_NEVER: the answer has none */
};

enum lk_event_kind {
  LK_EVENT_POWERED_ON,
  LK_EVENT_REQUEST_SENT,  /**< text: request_id; flag: with a nonce */
  LK_EVENT_ANSWER,        /**< answer */
  LK_EVENT_CONNECTED,     /**< text: host, other: session, bytes: user name or id, number: generation, port */
  LK_EVENT_CONFIGURATION, /**< bytes: state, number: config_version, flag: it has a configuration */
  LK_EVENT_APPLIED,       /**< number: config_version */
  LK_EVENT_FAILED,        /**< text: code, other: message */
  LK_EVENT_READY,         /**< number: config_version */
  LK_EVENT_RENEWING,      /**< number: generation to be replaced */
  LK_EVENT_RENEWED,       /**< number: generation of the new credential */
  LK_EVENT_MOVING,        /**< text: host, port: of the new broker */
  LK_EVENT_LOST,          /**< text: why the connection was lost */
  LK_EVENT_REFUSED,       /**< the answer was `rejected`; number: seconds until the next request */
  LK_EVENT_REMARK         /**< text: a problem */
};

/** An event for the log. The pointers are valid until `report` returns. */
struct lk_event {
  enum lk_event_kind kind;
  const char* text;
  const char* other;
  struct lk_bytes bytes;
  const struct lk_answer* answer;
  uint32_t number;
  uint16_t port;
  bool flag;
};

/** Receives events. If LK_HAS_LOG is 0, the library never calls it. */
struct lk_log {
  void* context; /**< passed to `report` */
  /** Must not call the library. */
  void (*report)(void* context, const struct lk_event* event);
};

enum lk_action {
  LK_WAIT,       /**< nothing to do before `until_ms`, unless an event comes earlier */
  LK_CONNECT,    /**< connect as `connect` describes; then lk_on_connected or lk_on_disconnected */
  LK_SUBSCRIBE,  /**< to `topic` with QoS 1; then lk_on_subscribed */
  LK_PUBLISH,    /**< `payload` to `topic`, QoS 1, not retained; at its PUBACK lk_on_published(`id`) */
  LK_APPLY,      /**< apply `config`; then lk_config_applied */
  LK_READY,      /**< the device is ready: use `rights` until the connection ends */
  LK_DISCONNECT, /**< disconnect; then lk_on_disconnected */
  LK_STOPPED     /**< the end, after lk_stop */
};

/** How to connect: with a clean session, any keep-alive, and the will below with QoS 1. */
struct lk_connect {
  bool is_bootstrap;
  const char* host;
  uint16_t port;
  bool tls;
  const char* client_id;
  const char* username; /**< NULL: none */
  struct lk_bytes password;
  struct lk_list chain; /**< the client's certificate and its intermediates, DER; empty: none */
  struct lk_bytes key;  /**< its private key, as `make_key` made it (lk_pem.h) */
  /** The broker's certificate must chain to one of `anchors` or `more_anchors` (DER), and name `host`. */
  const struct lk_bytes* anchors;
  size_t anchors_size;
  struct lk_list more_anchors;
  uint32_t check_dates_at; /**< check the dates of the broker's certificate at this Unix time; 0: do not */
  const char* will_topic;  /**< NULL: no will */
  struct lk_bytes will;
};

/** A configuration to apply: a JSON object. */
struct lk_config {
  uint32_t version;
  struct lk_bytes json;
  bool was_sealed; /**< true: it is secret, never print it */
};

/** What the device may do on its connection beside the protocol: topic filters, each with its NUL. Subscribe
 * and publish with the same connection, whatever QoS and packet ids you like. */
struct lk_rights {
  struct lk_list publish, subscribe;
};

/** What to do next. All pointers are valid until the next call of the library. */
struct lk_step {
  enum lk_action action;
  uint64_t until_ms;
  const char* topic;
  struct lk_bytes payload;
  uint16_t id;
  struct lk_connect connect;
  struct lk_config config;
  struct lk_rights
      rights; /**< comes again in each session, and when it changes: it replaces the earlier one */
};

enum lk_reason {
  LK_NETWORK,             /**< the broker cannot be reached, or the connection was lost */
  LK_LOGIN_REFUSED,       /**< the broker refused the login or the client's certificate */
  LK_CERTIFICATE_REFUSED, /**< another CA issued the broker's certificate, or it is for another name */
  LK_CERTIFICATE_DATES    /**< the broker's certificate has expired or is not valid yet */
};

#include "src/lk_device.h"

/**
 * Reads what is stored, and continues where the device stopped last. `setup`, the tables and the buffers must
 * stay valid while the device runs; `log` may be NULL. Returns false if the device cannot work with them:
 * docs/microcontrollers.md lists the causes.
 */
bool lk_start(struct lk_device* device, const struct lk_setup* setup, const struct lk_crypto* crypto,
              const struct lk_store* store, const struct lk_log* log, struct lk_buffers buffers);

/** Tells the time. `now_ms` must never go back. `unix_s` is the time of the real-time clock; 0 if there is
 * none, or if it is not set. Call it before lk_next and before every lk_on_... */
void lk_on_time(struct lk_device* device, uint64_t now_ms, uint32_t unix_s);

/** The MQTT connection is open (CONNACK). */
void lk_on_connected(struct lk_device* device);
/** The SUBACK came; false: the broker refused. */
void lk_on_subscribed(struct lk_device* device, bool ok);
/** The PUBACK of a step came. */
void lk_on_published(struct lk_device* device, uint16_t id);
/** A part of a message: `bytes` begin at `offset` of its `total` bytes. Call it for the parts in order.
 * `topic` is read at offset 0 only. The library drops a message that is larger than its buffer, or that comes
 * while a configuration is being applied. */
void lk_on_message_part(struct lk_device* device, const char* topic, size_t offset, size_t total,
                        struct lk_bytes bytes);
/** The connection could not be opened, or has ended, whoever ended it. */
void lk_on_disconnected(struct lk_device* device, enum lk_reason reason);
/** The configuration is applied (`ok`), or the application cannot apply it. In that case operators see `why`,
 * which must stay valid until the next call of this function. */
void lk_config_applied(struct lk_device* device, uint32_t version, bool ok, const char* why);

/** Says what to do next. Call it until it says LK_WAIT. Call it again after each event, and at `until_ms`. */
void lk_next(struct lk_device* device, struct lk_step* step);
/** Ends the device: the next steps say `disconnected`, disconnect, and then LK_STOPPED. */
void lk_stop(struct lk_device* device);

/** Copies the stored configuration, a JSON object, to `json`. `room` must be at least 5 bytes more than its
 * size: the stored record has 5 bytes before it. Otherwise its end is missing. Returns the size of the whole
 * configuration; 0 if there is none. `version` becomes the version that was applied last; 0 if none was. */
size_t lk_read_config(const struct lk_device* device, uint8_t* json, size_t room, uint32_t* version,
                      bool* was_sealed);

#ifdef __cplusplus
}
#endif

#endif
