/* MQTT over WebSocket (RFC 6455) as a client speaks it: the upgrade, and binary frames both ways. */
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include "buffer.h"

#include <stdbool.h>
#include <stdint.h>

struct websocket;

struct websocket *websocket_create(const char *host);
void websocket_free(struct websocket *websocket);

/* The HTTP request that begins it. */
const struct buffer *websocket_request(const struct websocket *websocket);
bool websocket_is_open(const struct websocket *websocket);

/* Turns what arrived into the bytes of MQTT, in place; gives their number. */
size_t websocket_unframe(struct websocket *websocket, uint8_t *bytes, size_t length);

/* Moves all of `output` into one masked frame, behind those that are not written yet. */
struct buffer *websocket_frame(struct websocket *websocket, struct buffer *output);

#endif
