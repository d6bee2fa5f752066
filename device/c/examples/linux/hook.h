#ifndef HOOK_H
#define HOOK_H

#include "options.h"

/** Has the program of --on-config apply a configuration, and puts it into --config-file. False: `why` says
 * why not. */
bool apply_config(const struct options* options, const struct lk_config* config, const char** why);

#endif
