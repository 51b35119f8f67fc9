/* Retained messages: stored once, then given to the subscription "#" again and again. */
#include "clock.h"
#include "connection.h"
#include "failure.h"
#include "ledger.h"
#include "modes.h"
#include "packets.h"
#include "report.h"

#include <stdio.h>

#define OUTSTANDING 100

static const struct settings *settings;
static struct connection publisher;
static struct connection subscriber;
static struct publish_template template;
static uint32_t stored;
static uint32_t sent;
static bool subscribed;
/* The replay in which a message arrived last, by its number. */
static uint32_t *seen;
static uint32_t replay;
static uint32_t arrived;
static uint64_t delivered;

static void open(struct connection *connection)
{
    encode_connect(&connection->output, settings, connection == &publisher ? "bench-publisher" : "bench-subscriber");
    connection_touch(connection);
}

static void store_more(void)
{
    while (sent < settings->messages && sent - stored < OUTSTANDING) {
        char topic[64];
        snprintf(topic, sizeof topic, "bench/retained/%07u", sent);
        struct stamp stamp = {0, sent, loop_now};
        append_publish(&publisher.output, &template, topic, (uint16_t)(sent % 30000 + 1), &stamp);
        sent++;
    }
    connection_touch(&publisher);
}

static void handle_publisher(struct connection *connection, uint8_t first, uint8_t *body, size_t length)
{
    (void)connection;
    if (first >> 4 == PACKET_CONNACK && length >= 2 && body[1] == 0) {
        store_more();
        return;
    }
    if (first >> 4 != PACKET_PUBACK || (length > 2 && body[2] >= 0x80)) fail("the publisher got a packet 0x%02x", first);
    stored++;
    store_more();
}

static const char *all(void *context, uint32_t index)
{
    (void)context, (void)index;
    return "#";
}

static void take_retained(uint8_t first, const uint8_t *body, size_t length)
{
    if ((first & 1) == 0) fail("a replayed message without RETAIN");
    if (length < settings->payload) fail("a replayed message of only %zu bytes", length);
    struct stamp stamp;
    memcpy(&stamp, body + length - settings->payload, sizeof stamp);
    if (stamp.sequence >= settings->messages) fail("a retained message %u, which was never sent", stamp.sequence);
    if ((first & 6) != 0) {
        append_acknowledgement(&subscriber.output, PACKET_PUBACK, get_uint16(body + 2 + get_uint16(body)));
        connection_touch(&subscriber);
    }
    delivered++;
    if (seen[stamp.sequence] == replay) {
        findings.duplicates++;
        ledger_describe("retained message %u came twice", stamp.sequence);
        return;
    }
    seen[stamp.sequence] = replay;
    arrived++;
}

static void handle_subscriber(struct connection *connection, uint8_t first, uint8_t *body, size_t length)
{
    (void)connection;
    switch (first >> 4) {
    case PACKET_CONNACK: subscribed = true; return;
    case PACKET_SUBACK: return;
    case PACKET_PUBLISH: take_retained(first, body, length); return;
    default: fail("the subscriber got a packet 0x%02x", first);
    }
}

/* One more subscription, until all are here; false when some stay away. */
static bool replay_all(void)
{
    replay++;
    arrived = 0;
    encode_subscribe(&subscriber.output, settings, 1, 1, all, NULL);
    connection_touch(&subscriber);
    loop_flush();
    uint64_t progress_at = loop_now;
    for (uint32_t before = 0; arrived < settings->messages; before = arrived) {
        loop_turn(100);
        if (arrived != before) progress_at = loop_now;
        if (seconds_of(loop_now - progress_at) < settings->patience_seconds) continue;
        findings.lost += settings->messages - arrived;
        ledger_describe("only %u of %u retained messages came", arrived, settings->messages);
        return false;
    }
    return true;
}

int run_retained(const struct settings *given)
{
    settings = given;
    seen = allocate(settings->messages, sizeof *seen);
    template = encode_publish_template(settings, "bench/retained/0000000", 1, true);
    publisher = (struct connection){.fd = -1, .handler = handle_publisher, .opened = open};
    subscriber = (struct connection){.fd = -1, .index = 1, .handler = handle_subscriber, .opened = open};
    connection_open(&publisher);
    while (stored < settings->messages) loop_turn(100);
    connection_open(&subscriber);
    while (!subscribed) loop_turn(100);

    bool complete = replay_all();
    struct measurement measurement = measurement_begin(settings->broker_pid, delivered);
    uint64_t until = loop_now + (uint64_t)(settings->seconds * NANOSECONDS_PER_SECOND);
    while (complete && loop_now < until) complete = replay_all();
    measurement_end(&measurement, settings->broker_pid, delivered);
    return report(&measurement, settings->broker_pid, NULL);
}
