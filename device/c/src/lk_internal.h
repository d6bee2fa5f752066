#ifndef LK_INTERNAL_H
#define LK_INTERNAL_H

#include "../latchkey.h"
#include "lk_base.h"
#include "lk_json.h"
#include "lk_writer.h"

#define LK_ID_BYTES 16 /* of a request_id, before base64url */
#define LK_PASSWORD_MAX 64
#define LK_LARGEST_MESSAGE 8192

/* The library counts time in ticks of 64 ms: 32 bits are enough for eight years. After four years all times
 * are moved back (lk_advance). */
#define LK_TICK_BITS 6
#define LK_SECONDS(s) ((uint32_t)(s) * 125 / 8)
#define LK_DAY 86400

enum lk_mode { LK_MODE_DECIDE, LK_MODE_OPERATE, LK_MODE_ENROL };
enum lk_link {
  LK_DOWN,
  LK_TO_CONNECT,
  LK_CONNECTING,
  LK_TO_SUBSCRIBE,
  LK_SUBSCRIBING,
  LK_UP,
  LK_GOODBYE, /* `disconnected` is to be sent */
  LK_SAID_GOODBYE,
  LK_TO_CLOSE,
  LK_CLOSING
};
enum lk_status {
  LK_STATUS_NONE,
  LK_STATUS_CONNECTED,
  LK_STATUS_READY,
  LK_STATUS_FAILED,
  LK_STATUS_DISCONNECTED
};
enum lk_part { LK_PART_NONE, LK_PART_ANSWER, LK_PART_CONFIGURATION };

/* --- stored records; lk_records.c and lk_connection.c describe their format */

struct lk_request {
  uint8_t id[LK_ID_BYTES];
  uint8_t key[LK_KEY_BYTES];
  uint8_t encryption_key[LK_KEY_BYTES];
  uint32_t renews; /* the generation whose certificate signs it; 0: the factory's proof */
  bool has_key, has_encryption_key;
};
bool lk_load_request(const struct lk_device* device, struct lk_request* request);
bool lk_store_request(const struct lk_device* device, const struct lk_request* request);

struct lk_connection {
  const char* host;
  const char* client_id;
  const char* topics;
  uint16_t port;
  bool tls;
  struct lk_rights rights;
  struct lk_list anchors; /* empty: the factory's */
};

struct lk_credential {
  uint32_t generation, renew_after, not_after;
  bool is_password, is_by_service, has_encryption_key;
  const uint8_t* request_id;
  const uint8_t* key;
  const uint8_t* encryption_key;
  struct lk_list login; /* the chain; or user name and password */
  struct lk_bytes head; /* the part of the record before the connection */
  struct lk_connection connection;
};
/** Reads the credential in slot 0 or 1 into the work buffer. */
bool lk_load_credential(const struct lk_device* device, unsigned index, struct lk_credential* credential);
/** Reads the credential in use, with its connection in use, into the work buffer. */
bool lk_load_place(const struct lk_device* device, struct lk_credential* credential);
/** Writes the head of a record; the login and then the connection follow. */
void lk_write_credential(struct lk_writer* writer, const struct lk_credential* credential,
                         const struct lk_request* request);
/** Begins an item of a list. Returns its beginning, which `lk_end_item` needs. */
uint8_t* lk_begin_item(struct lk_writer* writer);
void lk_end_item(struct lk_writer* writer, uint8_t* begin);
bool lk_store_credential(struct lk_device* device, unsigned index, struct lk_bytes record);
void lk_drop_credential(struct lk_device* device, unsigned index);
enum lk_slot lk_credential_slot(unsigned index);

/** Converts the JSON object `connection` of a message to the format of a record. Returns false if it is not
 * valid. */
bool lk_write_connection(struct lk_writer* writer, struct lk_slice json);
bool lk_read_connection(struct lk_bytes record, struct lk_connection* connection);
/** Returns true if both records have the same address and anchors, whatever the rights are. A `told` one
 * without anchors has those of the stored one. */
bool lk_is_same_place(struct lk_bytes told, struct lk_bytes stored);
/** Stores a newer connection for the credential of this generation. The device tries it before the older one.
 * Generation 0 erases it. */
bool lk_store_connection(struct lk_device* device, uint32_t generation, struct lk_bytes connection);
/** The newer connection has worked: makes it the credential's only one. */
bool lk_adopt_connection(struct lk_device* device);
/** Reads a credential's connection, or (`is_moved`) the newer one, into the message buffer. Returns an empty
 * record if there is none. */
struct lk_bytes lk_read_connection_record(const struct lk_device* device, unsigned index, bool is_moved);

/** Stores a configuration if it is newer than the stored one. Overwrites the 5 bytes before `json`. */
bool lk_store_config(struct lk_device* device, uint32_t version, struct lk_slice json, bool was_sealed);
bool lk_load_config(const struct lk_device* device, struct lk_config* config);
bool lk_store_number(const struct lk_device* device, enum lk_slot slot, uint32_t number);
uint32_t lk_load_number(const struct lk_device* device, enum lk_slot slot);
void lk_load_known(struct lk_device* device);

/* --- time and random numbers (lk_clock.c) */

/** The time is now `now_ms`; ignored if it was later before. */
void lk_advance(struct lk_device* device, uint64_t now_ms);
/** Unix time by the service; 0: no signed answer has come since power-up. */
uint32_t lk_now(const struct lk_device* device);
/** As lk_now. If that is 0: the later of the real-time clock and the stored time; 0: neither is known. */
uint32_t lk_guess_now(const struct lk_device* device);
bool lk_learn_time(struct lk_device* device, uint32_t server_time);
/** A random number from 0 to `limit` - 1; 0 if `limit` is 0. */
uint32_t lk_random_below(const struct lk_device* device, uint32_t limit);
/** A random number from half of `ceiling` to below `ceiling`. */
uint32_t lk_jittered(const struct lk_device* device, uint32_t ceiling);
/** The next delay between repeats, in ticks: 2 s, doubling up to 120 s, and jittered. */
uint32_t lk_backoff(const struct lk_device* device, uint8_t* step);
bool lk_random(const struct lk_device* device, uint8_t* out, size_t size);

/* --- signed and sealed messages (lk_jws_read.c, lk_jws_write.c, lk_sealed.c) */

/** Verifies a JWS of this type, and decodes its payload in place. The caller decides who must have signed it:
 * the service's certificate (`by_service`) or the device's key. `at_place`: only the anchors of the
 * connection in use count for that certificate. Overwrites the work buffer. */
bool lk_jws_open(struct lk_device* device, struct lk_slice message, const char* type, bool by_service,
                 bool at_place, struct lk_slice* payload);
/** Derives a key from `key`, for the purpose that `label` names. */
bool lk_derive(const struct lk_device* device, struct lk_bytes key, const char* label, uint8_t out[32]);

enum lk_signer { LK_BY_KEY, LK_BY_PRIVATE_KEY, LK_BY_CERTIFICATE, LK_BY_PASSWORD };
/** Writes a JWS: call `begin`, write the payload as JSON, call `end`, which signs everything from `jws` on.
 * `credential` is used if `signer` is the certificate or the password. */
void lk_jws_begin(const struct lk_device* device, struct lk_writer* writer, const char* type,
                  enum lk_signer signer, const struct lk_credential* credential);
bool lk_jws_end(const struct lk_device* device, struct lk_writer* writer, const uint8_t* jws,
                enum lk_signer signer, const struct lk_credential* credential);

struct lk_secrets {
  struct lk_slice password; /* of both: data is NULL if there is none */
  struct lk_slice config;
};
/** Decrypts what is sealed to `encryption_key`, or, if that is NULL, under the device's symmetric key.
 * `secrets` points into the work buffer. */
bool lk_open_secrets(const struct lk_device* device, const uint8_t* encryption_key, struct lk_slice sealed,
                     struct lk_secrets* secrets);

/* --- requests (lk_request.c, lk_answer.c, lk_accept.c, lk_exchange.c) */

enum lk_result { LK_GOES_ON, LK_STORED, LK_REFUSED, LK_DAMAGED, LK_LATE };
/** Writes the topic and then the message of the open request into the message buffer. */
bool lk_compose_request(struct lk_device* device, struct lk_step* step);
/** Writes the provisioning topic of a channel ("/request" or "/response"), with a NUL. */
void lk_write_topic(const struct lk_device* device, struct lk_writer* writer, const char* channel);
/** The text of a request_id. */
#define LK_ID_CHARS 23
void lk_request_name(const uint8_t id[LK_ID_BYTES], char name[LK_ID_CHARS]);
/** Opens the stored request, or a new one if the stored one is for another proof or credential. `renews` is
 * that of struct lk_exchange. Returns false if the request cannot be stored. */
bool lk_exchange_begin(struct lk_device* device, uint8_t renews, bool insists);
/** The connection is subscribed: sends the request, or waits until `not_before`. */
void lk_exchange_on_up(struct lk_device* device);
void lk_exchange_on_lost(struct lk_device* device);
void lk_exchange_sent(struct lk_device* device);
/** The request is sent again after `delay`; LK_NEVER: at the next repeat. */
void lk_exchange_wait(struct lk_device* device, uint32_t delay);
/** Takes the stored request if it fits and is not wanted `anew`; otherwise makes and stores a new one. */
bool lk_exchange_take_request(struct lk_device* device, bool anew);
enum lk_result lk_exchange_on_timer(struct lk_device* device);
uint32_t lk_exchange_timer(const struct lk_device* device);
enum lk_result lk_on_answer(struct lk_device* device, struct lk_slice message);
/** Reads `critical`. Returns false if it is not a list of strings. `are_known` becomes true if `names` has
 * all of them. */
bool lk_read_critical(struct lk_slice list, const struct lk_json_member* names, size_t count,
                      bool* are_known);
/** Handles `rejected`. `delay` is by the answer's retry_after_s; LK_NEVER: it has none. */
enum lk_result lk_on_refused(struct lk_device* device, const struct lk_answer* answer, uint32_t delay,
                             bool is_conflict);
/** The members of an accepted answer. */
struct lk_acceptance {
  struct lk_slice credential, connection, config, sealed;
  uint32_t generation, config_version;
};
enum lk_result lk_accept(struct lk_device* device, const struct lk_acceptance* accepted);

/* --- sessions (lk_status.c, lk_configuration.c, lk_apply.c) */

bool lk_compose_status(struct lk_device* device, enum lk_status status, struct lk_step* step);
/** Writes the topic and the message of the will: the status `disconnected`. */
bool lk_compose_will(struct lk_device* device, const struct lk_connection* connection,
                     struct lk_connect* connect);
void lk_say(struct lk_device* device, enum lk_status status);
void lk_fail(struct lk_device* device, const char* code, const char* text);
/** The status has its answer: it is not repeated. */
void lk_end_status(struct lk_device* device);
/** True while `ready` for this version waits for its answer. */
bool lk_awaits_answer_to_ready(const struct lk_device* device, uint32_t version);
void lk_become_ready(struct lk_device* device);
void lk_on_configuration(struct lk_device* device, struct lk_slice message);

/* --- the plan (lk_plan.c, lk_link.c) */

/** Decides what to try next, and begins it. */
void lk_decide(struct lk_device* device);
void lk_place_failed(struct lk_device* device);
void lk_new_session(struct lk_device* device);
/** Sends `disconnected`, and then tries the newer credential or connection that is stored. */
void lk_leave(struct lk_device* device);
/** Closes the connection, if there is one, and decides anew. */
void lk_close(struct lk_device* device);
void lk_end_exchange(struct lk_device* device, enum lk_result result);
/** When to renew the credential in use, or to try its newer connection again; LK_NEVER: not now. */
uint32_t lk_renewal_timer(const struct lk_device* device);
void lk_renew(struct lk_device* device);
/** Says how to connect: to the bootstrap listener, or to the place in use. */
bool lk_write_connect(struct lk_device* device, struct lk_connect* connect);
uint32_t lk_patience(const struct lk_device* device);

/* --- the log (lk_log.c) */

#if LK_HAS_LOG
void lk_report(const struct lk_device* device, const struct lk_event* event);
void lk_tell(const struct lk_device* device, enum lk_event_kind kind, const char* text, uint32_t number);
void lk_remark(const struct lk_device* device, const char* text);
#else
#define lk_report(device, event) ((void)(device), (void)(event))
#define lk_tell(device, kind, text, number) ((void)(device), (void)(text), (void)(number))
#define lk_remark(device, text) ((void)(device), (void)(text))
#endif

#endif
