#include "ledger.h"

#include "failure.h"
#include "publisher.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MAXIMUM_GAPS 4096

/* A message that was skipped: lost, or late. */
struct gap {
    uint32_t flow;
    uint32_t sequence;
};

struct findings findings;

static const struct settings *settings;
/* The sequence number that comes next, by subscriber and publisher. */
static uint32_t *next;
static struct gap gaps[MAXIMUM_GAPS];
static uint32_t gap_count;
/* Skipped beyond what `gaps` can hold. */
static uint64_t unlisted;

void ledger_start(const struct settings *given)
{
    settings = given;
    size_t flows = settings->subscribers;
    if (settings->topology != TOPOLOGY_PAIRS) flows *= settings->publishers;
    next = allocate(flows, sizeof *next);
}

void ledger_describe(const char *format, ...)
{
    if (findings.first[0] != '\0') return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(findings.first, sizeof findings.first, format, arguments);
    va_end(arguments);
}

static void skip(uint32_t subscriber, uint32_t publisher, uint32_t flow, uint32_t sequence)
{
    ledger_describe("subscriber %u did not get message %u of publisher %u before the one after it", subscriber, sequence,
                    publisher);
    if (gap_count < MAXIMUM_GAPS) gaps[gap_count++] = (struct gap){flow, sequence};
    else unlisted++;
    publisher_receipt(publisher, sequence);
}

static bool fill_gap(uint32_t flow, uint32_t sequence)
{
    for (uint32_t index = 0; index < gap_count; index++) {
        if (gaps[index].flow != flow || gaps[index].sequence != sequence) continue;
        gaps[index] = gaps[--gap_count];
        return true;
    }
    return false;
}

static void receive_repeated(uint32_t subscriber, uint32_t publisher, uint32_t sequence)
{
    findings.duplicates++;
    ledger_describe("subscriber %u got message %u of publisher %u twice", subscriber, sequence, publisher);
}

/* One member of the group gets it, and each member gets what it gets in order. */
static void receive_shared(uint32_t subscriber, uint32_t publisher, uint32_t flow, uint32_t sequence)
{
    if (!publisher_awaits(publisher, sequence)) {
        receive_repeated(subscriber, publisher, sequence);
        return;
    }
    if (sequence < next[flow]) {
        findings.reordered++;
        ledger_describe("subscriber %u got message %u of publisher %u after message %u", subscriber, sequence, publisher,
                        next[flow] - 1);
    } else {
        next[flow] = sequence + 1;
    }
    publisher_receipt(publisher, sequence);
}

void ledger_receive(uint32_t subscriber, uint32_t publisher, uint32_t sequence)
{
    if (publisher >= settings->publishers || (settings->topology == TOPOLOGY_PAIRS && publisher != subscriber))
        fail("subscriber %u got a message of publisher %u, which is not for it", subscriber, publisher);
    if (!publisher_has_sent(publisher, sequence))
        fail("subscriber %u got message %u of publisher %u, which was never sent", subscriber, sequence, publisher);
    uint32_t flow = settings->topology == TOPOLOGY_PAIRS ? subscriber : subscriber * settings->publishers + publisher;
    if (settings->topology == TOPOLOGY_SHARED) {
        receive_shared(subscriber, publisher, flow, sequence);
        return;
    }
    if (sequence < next[flow]) {
        if (fill_gap(flow, sequence)) findings.reordered++;
        else receive_repeated(subscriber, publisher, sequence);
        return;
    }
    while (next[flow] < sequence) skip(subscriber, publisher, flow, next[flow]++);
    next[flow]++;
    publisher_receipt(publisher, sequence);
}

void ledger_close(void)
{
    findings.lost += gap_count + unlisted;
    for (uint32_t index = 0; index < settings->publishers; index++) {
        uint64_t missing = publisher_missing(index);
        findings.lost += missing;
        if (missing > 0) ledger_describe("%llu receipts of publisher %u's last messages are missing",
                                         (unsigned long long)missing, index);
    }
}
