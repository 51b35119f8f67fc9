/*
 * Who has received what: finds lost, repeated and reordered messages by the sequence numbers in their payloads. MQTT promises
 * that a subscriber gets the messages of one publisher in their order (section 4.6), so one expected number for each pair of
 * them is enough.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include "settings.h"

#include <stdbool.h>
#include <stdint.h>

struct findings {
    uint64_t lost;
    uint64_t duplicates;
    uint64_t reordered;
    /* The first of them, in words; empty without any. */
    char first[160];
};

extern struct findings findings;

void ledger_start(const struct settings *settings);

/* Notes an arrival: gives the receipts to the publisher, those for skipped messages included, so that a loss does not stop the load. */
void ledger_receive(uint32_t subscriber, uint32_t publisher, uint32_t sequence);

/* After the last arrival: what is still missing is lost. */
void ledger_close(void);

__attribute__((format(printf, 1, 2))) void ledger_describe(const char *format, ...);

#endif
