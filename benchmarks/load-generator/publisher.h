/*
 * The publishers: each has a window of messages that are sent and not yet received by everybody, or not yet acknowledged by
 * the broker, and sends the next as soon as the window has room.
 */
#ifndef PUBLISHER_H
#define PUBLISHER_H

#include "connection.h"
#include "settings.h"

#include <stdbool.h>
#include <stdint.h>

/* Prepares all; `publishers_connect` opens the next `count` connections. */
void publishers_start(const struct settings *settings);
void publisher_connect(uint32_t index);
/* Connected so far. */
extern uint32_t publishers_ready;

/* While `publishers_running`, receipts and acknowledgements send the next messages. */
extern bool publishers_running;
/* Messages whose exchange is over, as far as the broker is concerned. */
extern uint64_t messages_acknowledged;
void publishers_fill(void);

/* Sends one message of one publisher, due at `due`; false when too many are outstanding already. */
bool publisher_send_one(uint32_t index, uint64_t due);

/* One receiver has message `sequence`. */
void publisher_receipt(uint32_t index, uint32_t sequence);
bool publisher_has_sent(uint32_t index, uint32_t sequence);
/* Whether nobody has received it yet; for messages that one of a group gets. */
bool publisher_awaits(uint32_t index, uint32_t sequence);
/* Receipts and acknowledgements that are still to come. */
uint64_t publisher_missing(uint32_t index);
bool publishers_done(void);
uint64_t publishers_sent(void);

#endif
