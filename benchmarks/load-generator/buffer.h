/* Bytes that grow at the end. */
#ifndef BUFFER_H
#define BUFFER_H

#include "failure.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
};

/* Room for `length` more bytes; the caller fills them. */
static inline uint8_t *buffer_extend(struct buffer *buffer, size_t length)
{
    if (buffer->capacity - buffer->length < length) {
        size_t capacity = buffer->capacity < 256 ? 256 : buffer->capacity;
        while (capacity - buffer->length < length) capacity *= 2;
        buffer->bytes = reallocate(buffer->bytes, capacity);
        buffer->capacity = capacity;
    }
    uint8_t *room = buffer->bytes + buffer->length;
    buffer->length += length;
    return room;
}

static inline void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    memcpy(buffer_extend(buffer, length), bytes, length);
}

static inline void buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

#endif
