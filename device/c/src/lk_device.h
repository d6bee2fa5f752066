#ifndef LK_DEVICE_H
#define LK_DEVICE_H

/* Included by latchkey.h alone: an application has the memory of this, and touches nothing of it. */

/** What is known of a stored credential without reading it. */
struct lk_known_credential {
  uint32_t generation;  /* 0: the slot is empty */
  uint32_t not_after;   /* LK_NEVER: a password */
  uint32_t renew_after; /* 0: never */
};

/** The open request, and how long until it is sent again. */
struct lk_exchange {
  uint32_t next_send;  /* LK_NEVER: not before something happens */
  uint32_t not_before; /* by the service's retry_after_s */
  uint32_t deadline;
  uint32_t believe_at; /* when an unsigned refusal is believed */
  uint32_t rejections; /* final ones in a row */
  uint8_t renews;      /* 1 + the index of the credential that signs it; 0: the factory's proof */
  uint8_t repeats;
  bool is_open;
  bool insists; /* goes on after a refusal */
  bool sent_nonce;
  bool had_conflict;
  bool is_due;
  char nonce[LK_NONCE_MAX + 1];
};

/** An open operational connection. */
struct lk_session {
  char name[17];
  uint8_t said;            /* enum lk_status: the status that was said last */
  bool is_due;             /* say it now */
  bool is_answered;        /* a configuration came in this session */
  bool is_reported;        /* that the device is ready */
  uint8_t repeats;         /* of the status */
  uint32_t unanswered;     /* since when the service owes an answer */
  uint32_t next_status;    /* when to say it again */
  uint32_t ready_version;  /* that `ready` was said for */
  uint32_t failed_version; /* that could not be applied */
  uint32_t next_apply;
  uint8_t applies;
};

struct lk_device {
  const struct lk_setup* setup;
  const struct lk_crypto* crypto;
  const struct lk_store* store;
  const struct lk_log* log;
  struct lk_buffers buffers;

  uint32_t now, clock_s;
  uint32_t server_time; /* the greatest one stored */
  uint32_t heard;       /* when it came; LK_NEVER: before this power-up */

  struct lk_known_credential credentials[2];
  uint32_t moving; /* the generation that a newer connection is stored for; 0: none */
  uint32_t config_version, applied_version;
  uint32_t confirmed; /* the greatest generation that the service confirmed, by its last word */
  uint32_t signed_generation;
  uint32_t issued; /* the generation that came last on the bootstrap connection */

  /* The place that is tried: a credential and one of its connections. */
  uint8_t failed; /* places, newest first, that failed lately */
  uint8_t place;  /* index of the credential */
  bool place_is_moved;
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
  bool is_leaving;  /* the connection is closed because something newer is stored */
  uint32_t wake_at; /* when to connect, or to give up waiting for the link */
  uint16_t last_id, goodbye_id;

  size_t part_total, part_size; /* of the message that is coming in */
  uint8_t part_kind;

  const char* failure; /* code and message of `failed` */
  const char* failure_text;
  char previous[17]; /* the last session in which `connected` was said; empty: none since power-up */
  struct lk_exchange exchange;
  struct lk_session session;
};

#endif
