/* The subscribers: they subscribe, note what arrives with its latency, and acknowledge it. */
#ifndef SUBSCRIBER_H
#define SUBSCRIBER_H

#include "histogram.h"
#include "settings.h"

#include <stdint.h>

/* Prepares all, the frozen ones behind the others. */
void subscribers_start(const struct settings *settings);
void subscriber_connect(uint32_t index);
/* Subscribed so far. */
extern uint32_t subscribers_ready;

extern uint64_t messages_delivered;
extern struct histogram latencies;

#endif
