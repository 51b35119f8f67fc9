#include "subscriber.h"

#include "connection.h"
#include "failure.h"
#include "ledger.h"
#include "packets.h"
#include "topics.h"

#include <stdio.h>

/* Filters of one SUBSCRIBE. */
#define FILTERS_PER_PACKET 100

struct subscriber {
    struct connection connection;
    uint32_t filters_sent;
    uint32_t filters_granted;
    /* Those who wait for these messages are connected by themselves. */
    bool frozen;
};

uint32_t subscribers_ready;
uint64_t messages_delivered;
struct histogram latencies;

static const struct settings *settings;
static struct subscriber *subscribers;

static void open(struct connection *connection)
{
    char name[64];
    snprintf(name, sizeof name, "bench-subscriber-%u", connection->index);
    encode_connect(&connection->output, settings, name);
    connection_touch(connection);
}

static const char *filter_at(void *context, uint32_t index)
{
    const struct subscriber *subscriber = context;
    uint32_t flow = settings->topology == TOPOLOGY_PAIRS ? subscriber->connection.index : 0;
    return filter_of(settings, flow, subscriber->filters_sent + index);
}

static void subscribe_more(struct subscriber *subscriber)
{
    uint32_t count = filter_count(settings) - subscriber->filters_sent;
    if (count > FILTERS_PER_PACKET) count = FILTERS_PER_PACKET;
    encode_subscribe(&subscriber->connection.output, settings, 1, count, filter_at, subscriber);
    subscriber->filters_sent += count;
    connection_touch(&subscriber->connection);
}

static void take_suback(struct subscriber *subscriber, const uint8_t *body, size_t length)
{
    size_t codes = 2;
    if (settings->version == 5) {
        if (length < 3 || body[2] > 127) fail("subscriber %u got a SUBACK that is not understood", subscriber->connection.index);
        codes += 1 + (size_t)body[2];
    }
    for (size_t at = codes; at < length; at++) {
        if (body[at] > 2) fail("subscriber %u is refused with 0x%02x", subscriber->connection.index, body[at]);
        if (body[at] < settings->qos)
            fail("subscriber %u gets only QoS %u", subscriber->connection.index, body[at]);
        subscriber->filters_granted++;
    }
    if (subscriber->filters_granted < filter_count(settings)) {
        subscribe_more(subscriber);
        return;
    }
    subscribers_ready++;
    if (subscriber->frozen) connection_freeze(&subscriber->connection);
}

/* Where the payload begins. */
static size_t payload_offset(const struct subscriber *subscriber, uint8_t first, const uint8_t *body, size_t length)
{
    size_t at = 2 + (size_t)get_uint16(body);
    if ((first & 6) != 0) at += 2;
    if (settings->version == 5) {
        size_t properties = 0;
        uint32_t shift = 0;
        uint8_t byte;
        do {
            if (at >= length || shift > 21) fail("subscriber %u got a PUBLISH that is too short", subscriber->connection.index);
            byte = body[at++];
            properties |= (size_t)(byte & 127) << shift;
            shift += 7;
        } while (byte > 127);
        at += properties;
    }
    if (at + settings->payload != length)
        fail("subscriber %u got a payload of %zd bytes instead of %u", subscriber->connection.index,
             (ssize_t)(length - at), settings->payload);
    return at;
}

static void take_publish(struct subscriber *subscriber, uint8_t first, const uint8_t *body, size_t length)
{
    const uint8_t *payload = body + payload_offset(subscriber, first, body, length);
    struct stamp stamp;
    memcpy(&stamp, payload, sizeof stamp);
    if (settings->payload > sizeof stamp && body[length - 1] != FILLER)
        fail("subscriber %u got a payload that was changed", subscriber->connection.index);
    uint32_t qos = first >> 1 & 3;
    if (qos != settings->qos) fail("subscriber %u got QoS %u instead of %u", subscriber->connection.index, qos, settings->qos);
    if (qos > 0) {
        enum packet_type answer = qos == 1 ? PACKET_PUBACK : PACKET_PUBREC;
        append_acknowledgement(&subscriber->connection.output, answer, get_uint16(body + 2 + get_uint16(body)));
        connection_touch(&subscriber->connection);
    }
    messages_delivered++;
    histogram_record(&latencies, loop_now > stamp.sent_at ? loop_now - stamp.sent_at : 0);
    ledger_receive(subscriber->connection.index, stamp.publisher, stamp.sequence);
}

static void handle(struct connection *connection, uint8_t first, uint8_t *body, size_t length)
{
    struct subscriber *subscriber = (struct subscriber *)connection;
    if (length < 2) fail("subscriber %u got a packet 0x%02x that is too short", connection->index, first);
    switch (first >> 4) {
    case PACKET_PUBLISH: take_publish(subscriber, first, body, length); return;
    case PACKET_PUBREL:
        append_acknowledgement(&connection->output, PACKET_PUBCOMP, get_uint16(body));
        connection_touch(connection);
        return;
    case PACKET_CONNACK:
        if (body[1] != 0) fail("subscriber %u is refused with 0x%02x", connection->index, body[1]);
        subscribe_more(subscriber);
        return;
    case PACKET_SUBACK: take_suback(subscriber, body, length); return;
    default: fail("subscriber %u got a packet 0x%02x, length %zu", connection->index, first, length);
    }
}

void subscribers_start(const struct settings *given)
{
    settings = given;
    uint32_t count = settings->subscribers + settings->frozen;
    subscribers = allocate(count, sizeof *subscribers);
    for (uint32_t index = 0; index < count; index++) {
        struct subscriber *subscriber = &subscribers[index];
        subscriber->connection = (struct connection){.fd = -1, .index = index, .handler = handle, .opened = open};
        subscriber->frozen = index >= settings->subscribers;
    }
}

void subscriber_connect(uint32_t index)
{
    connection_open(&subscribers[index].connection);
}
