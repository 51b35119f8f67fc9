/* Connections that do nothing: how fast they get in, and what they cost while they are there. */
#include "clock.h"
#include "connection.h"
#include "failure.h"
#include "modes.h"
#include "packets.h"
#include "report.h"

#include <stdio.h>

#define OPENING 100
#define CONNECT_SECONDS 120

static const struct settings *settings;
static uint32_t ready;

static void open(struct connection *connection)
{
    char name[64];
    snprintf(name, sizeof name, "bench-idle-%u", connection->index);
    encode_connect(&connection->output, settings, name);
    connection_touch(connection);
}

static void handle(struct connection *connection, uint8_t first, uint8_t *body, size_t length)
{
    if (first >> 4 != PACKET_CONNACK || length < 2 || body[1] != 0)
        fail("connection %u got a packet 0x%02x instead of a CONNACK that welcomes it", connection->index, first);
    ready++;
}

static void wave(struct connection *connections)
{
    uint64_t until = clock_now() + CONNECT_SECONDS * NANOSECONDS_PER_SECOND;
    uint32_t opened = 0;
    ready = 0;
    while (ready < settings->subscribers) {
        while (opened < settings->subscribers && opened - ready < OPENING) {
            connections[opened] = (struct connection){.fd = -1, .index = opened, .handler = handle, .opened = open};
            connection_open(&connections[opened++]);
        }
        loop_turn(100);
        if (loop_now > until) fail("only %u of %u connections are ready", ready, settings->subscribers);
    }
}

static void settle(void)
{
    uint64_t settled = clock_now() + (uint64_t)(settings->seconds * NANOSECONDS_PER_SECOND);
    do loop_turn(100);
    while (loop_now < settled);
}

/* The first wave shows the memory of connections that a fresh broker holds; the second, how fast a broker that is warm lets them in. */
int run_idle(const struct settings *given)
{
    settings = given;
    struct connection *connections = allocate(settings->subscribers, sizeof *connections);
    struct process_usage fresh = process_usage_of(settings->broker_pid);
    wave(connections);
    /* What the broker only needed to let them in is not what they cost. */
    settle();
    struct process_usage settled = process_usage_of(settings->broker_pid);
    for (uint32_t index = 0; index < settings->subscribers; index++) connection_close(&connections[index]);
    settle();
    struct measurement measurement = measurement_begin(settings->broker_pid, 0);
    wave(connections);
    measurement_end(&measurement, settings->broker_pid, ready);
    measurement.broker_before = fresh;
    measurement.broker_settled = settled;
    return report(&measurement, settings->broker_pid, NULL);
}
