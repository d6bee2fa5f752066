#ifndef HOOK_H
#define HOOK_H

#include "options.h"

/** Runs the program of --on-config for a configuration, and writes it to --config-file. If that fails,
 * returns false and says in `why` why. */
bool apply_config(const struct options* options, const struct lk_config* config, const char** why);

#endif
