/* The one way out of a run that cannot go on: a sentence on standard error and exit code 2. */
#ifndef FAILURE_H
#define FAILURE_H

#include <stddef.h>

__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);

/* malloc and realloc that do not return without memory. */
void *allocate(size_t count, size_t size);
void *reallocate(void *memory, size_t size);

#endif
