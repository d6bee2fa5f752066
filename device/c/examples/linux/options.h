#ifndef OPTIONS_H
#define OPTIONS_H

#include "../../latchkey.h"

/** The flags: those of `latchkey-device provision` and `run`. */
struct options {
  struct lk_setup setup;
  bool runs; /**< run; else provision */
  bool has_clock, json, is_mqtt_5;
  unsigned timeout_s;
  const char* folder;
  const char* config_file; /**< NULL: none */
  const char* on_config;   /**< NULL: none */
};

/** Reads the flags and the files that they name. Ends the process with 64 or 65 if it cannot use them. */
void read_options(int argc, char** argv, struct options* options);
/** Prints a line on stderr. */
void remark(const char* what, const char* more);

#endif
