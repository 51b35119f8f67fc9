/*
 * One connection to the broker and the loop that serves all of them: reads once per readiness event, finds the packets in
 * place, and writes once per event and connection what was appended meanwhile. Knows nothing of what the packets say.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "buffer.h"
#include "settings.h"

#include <stdbool.h>
#include <stdint.h>

struct connection;
struct tls;
struct websocket;

/* Called with each packet: its first byte, and what follows the Remaining Length. */
typedef void packet_handler(struct connection *connection, uint8_t first, uint8_t *body, size_t length);

struct connection {
    int fd;
    /* Whose connection it is: the number of the publisher or subscriber. */
    uint32_t index;
    packet_handler *handler;
    /* Once, as soon as bytes can be sent. */
    void (*opened)(struct connection *connection);
    /* Append here, then call connection_touch. */
    struct buffer output;
    /* What has been written of `output`. */
    size_t written;
    /* The beginning of a packet whose end has not arrived. */
    struct buffer rest;
    struct tls *tls;
    struct websocket *websocket;
    /* TCP, TLS and WebSocket are through. */
    bool open;
    bool touched;
    /* The socket took no more. */
    bool blocked;
    struct connection *next_touched;
};

/* Once, before all else. */
void loop_start(const struct settings *settings);

/* Begins to connect. A connection that breaks ends the program, unless `loop_forgives` was called. */
void connection_open(struct connection *connection);
void connection_close(struct connection *connection);

/* Never reads from it again; the broker's bytes fill the buffers in between. */
void connection_freeze(struct connection *connection);

/* Its output is written at the end of this event. */
void connection_touch(struct connection *connection);

/* Writes to all that were touched outside of an event. */
void loop_flush(void);

/* Serves what is ready; waits up to `timeout_ms` for it, or not at all where the settings say so. */
void loop_turn(int timeout_ms);

/* From now on a broken connection is no failure: the run is over. */
void loop_forgive(void);

/* The time of the event that is being served. */
extern uint64_t loop_now;

/* Nanoseconds in which nothing was ready. */
extern uint64_t loop_idle;

#endif
