#ifndef REPORT_H
#define REPORT_H

#include "../../latchkey.h"

/** Prints the steps as `latchkey-device` does: with `json` as objects on stdout, else as text (for run on
 * stderr). */
void report_as(bool json, bool to_stderr, bool insists);
extern const struct lk_log report;

/** What was reported last. */
struct reported {
  bool is_ready;
  bool is_refused;        /**< by a signed answer */
  bool is_refused_openly; /**< by an unsigned answer */
  bool is_accepted;
};
extern struct reported reported;
/** A reading is published. */
void report_reading(const char* topic);
/** A message came on a topic of the rights. */
void report_received(const char* topic, struct lk_bytes payload);
/** Shown with `ready`: the applied configuration, NULL if it came sealed. */
void report_config(struct lk_bytes json, bool was_sealed);

#endif
