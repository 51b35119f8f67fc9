/* What a run can be; each gives the program's exit code. */
#ifndef MODES_H
#define MODES_H

#include "settings.h"

/* Publishers and subscribers. */
int run_load(const struct settings *settings);
/* Connections that do nothing. */
int run_idle(const struct settings *settings);
/* Retained messages, given to a new subscription again and again. */
int run_retained(const struct settings *settings);
/* Publishers alone; `delivered` counts what was acknowledged. */
int run_stored(const struct settings *settings);

#endif
