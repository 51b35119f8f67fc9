#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("load-generator: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count == 0 ? 1 : count, size);
    if (memory == NULL) fail("no memory for %zu times %zu bytes", count, size);
    return memory;
}

void *reallocate(void *memory, size_t size)
{
    memory = realloc(memory, size);
    if (memory == NULL) fail("no memory for %zu bytes", size);
    return memory;
}
