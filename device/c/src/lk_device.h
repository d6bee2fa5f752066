#ifndef LK_DEVICE_H
#define LK_DEVICE_H

/* Only latchkey.h includes this. An application provides the memory of `struct lk_device`, and uses no member
 * of it. Times are in ticks (lk_internal.h). */

/** What the device knows of a stored credential without reading its slot. */
struct lk_known_credential {
  uint32_t generation;  /* 0: the slot is empty */
  uint32_t not_after;   /* LK_NEVER: a password */
  uint32_t renew_after; /* 0: never */
};

/** The open request, and how long until it is sent again. */
struct lk_exchange {
  uint32_t next_send;  /* LK_NEVER: an event decides when */
  uint32_t not_before; /* after an answer: do not send it earlier */
  uint32_t deadline;   /* when the device ends the exchange without an answer */
  uint32_t believe_at; /* when an unsigned refusal is believed */
  uint32_t rejections; /* signed ones without retry_after_s, in a row */
  uint8_t renews;      /* 1 + the index of the credential that signs it; 0: the factory's proof */
  uint8_t repeats;
  bool is_open;
  bool insists; /* a rejection does not end the exchange */
  bool sent_nonce;
  bool had_conflict;
  bool is_due; /* send it now */
  char nonce[LK_NONCE_MAX + 1];
};

/** An open operational connection. */
struct lk_session {
  char name[17];
  uint8_t said;            /* enum lk_status: the last status */
  bool is_due;             /* send it now */
  bool is_answered;        /* a configuration message came in this session */
  bool is_reported;        /* LK_EVENT_READY was reported */
  bool is_ready_due;       /* tell the application its rights */
  uint8_t repeats;         /* of the status */
  uint32_t unanswered;     /* when the last new status or configuration message was */
  uint32_t next_status;    /* when to send the status again */
  uint32_t ready_version;  /* the version of the last `ready` */
  uint32_t failed_version; /* the version that could not be applied; 0: none */
  uint32_t next_apply;     /* when to apply the configuration */
  uint8_t applies;         /* attempts that failed */
};

struct lk_device {
  const struct lk_setup* setup;
  const struct lk_crypto* crypto;
  const struct lk_store* store;
  const struct lk_log* log;
  struct lk_buffers buffers;

  uint64_t skipped; /* ticks before those of `now` */
  uint32_t now, clock_s;
  uint32_t server_time; /* the greatest one stored, or greater after four years */
  uint32_t heard;       /* when `server_time` was right; LK_NEVER: unknown since power-up */

  struct lk_known_credential credentials[2];
  uint32_t moving; /* the generation of the credential with a newer connection; 0: none */
  uint32_t config_version, applied_version;
  uint32_t confirmed;         /* from the last configuration message; 0: none since power-up */
  uint32_t signed_generation; /* the greatest in a signed `connected` since power-up */
  uint32_t issued;            /* the generation of the last `accepted` since power-up; 0: none */

  /* A place is a credential with one of its connections. The device uses one place at a time. */
  uint8_t failed;      /* how many places, from the newest on, did not work */
  uint8_t place;       /* index of the credential in use */
  bool place_is_moved; /* with its newer connection */
  bool has_worked;
  bool skips_expired;
  uint8_t retries;
  uint32_t again_at; /* when to try the newest place again */
  uint32_t give_up_at;
  uint32_t ask_not_before;
  uint32_t renew_not_before;
  const char* last_error;

  uint8_t mode; /* enum lk_mode */
  uint8_t link; /* enum lk_link */
  uint8_t subscribed;
  uint8_t reconnects;
  bool is_started;
  bool is_stopping;
  bool is_applying; /* the message buffer is locked */
  bool is_leaving;  /* the device itself ends the connection, to decide anew */
  uint32_t wake_at; /* when to connect, or the deadline of the link's state */
  uint16_t last_id, goodbye_id;

  size_t part_total, part_size; /* of the incoming message */
  uint8_t part_kind;

  const char* failure; /* the code of `failed` */
  const char* failure_text;
  char previous[17]; /* the last earlier session with a `connected`; empty: none since power-up */
  struct lk_exchange exchange;
  struct lk_session session;
};

#endif
