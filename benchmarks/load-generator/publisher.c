#include "publisher.h"

#include "failure.h"
#include "packets.h"
#include "topics.h"

#include <stdio.h>

/* Packet Identifiers are 1 to 32,768, so that the low bits of a sequence number tell its identifier, and back. */
#define IDENTIFIERS 32768u

/* The first three are the QoS of a message that was just sent. */
enum acknowledgement { ACKNOWLEDGED, AWAITS_PUBACK, AWAITS_PUBREC, AWAITS_PUBCOMP };

/* What one message still lacks. */
struct slot {
    uint16_t receivers;
    uint8_t acknowledgement;
};

struct publisher {
    struct connection connection;
    /* The sequence number that is sent next; all below `completed` are done with. */
    uint32_t sent;
    uint32_t completed;
    uint32_t next_topic;
    struct slot *slots;
    struct topic_list topics;
    struct publish_template template;
};

uint32_t publishers_ready;
bool publishers_running;
uint64_t messages_acknowledged;

static const struct settings *settings;
static struct publisher *publishers;
static uint32_t mask;
static uint16_t receivers;

static inline uint16_t identifier_of(uint32_t sequence)
{
    return (uint16_t)((sequence & (IDENTIFIERS - 1)) + 1);
}

static void open(struct connection *connection)
{
    char name[64];
    snprintf(name, sizeof name, "bench-publisher-%u", connection->index);
    encode_connect(&connection->output, settings, name);
    connection_touch(connection);
}

static inline void send_next(struct publisher *publisher, uint64_t sent_at)
{
    uint32_t sequence = publisher->sent++;
    publisher->slots[sequence & mask] = (struct slot){receivers, (uint8_t)settings->qos};
    const char *topic = NULL;
    if (publisher->topics.count > 1) {
        topic = publisher->topics.names + (size_t)publisher->next_topic * publisher->topics.stride;
        if (++publisher->next_topic == publisher->topics.count) publisher->next_topic = 0;
    }
    struct stamp stamp = {publisher->connection.index, sequence, sent_at};
    append_publish(&publisher->connection.output, &publisher->template, topic,
                   identifier_of(sequence), &stamp);
    connection_touch(&publisher->connection);
}

static inline void fill(struct publisher *publisher)
{
    while (publisher->sent - publisher->completed < settings->outstanding) send_next(publisher, loop_now);
}

static inline void advance(struct publisher *publisher)
{
    while (publisher->completed < publisher->sent) {
        const struct slot *slot = &publisher->slots[publisher->completed & mask];
        if (slot->receivers > 0 || slot->acknowledgement != ACKNOWLEDGED) break;
        publisher->completed++;
    }
    if (publishers_running) fill(publisher);
}

static void acknowledge(struct publisher *publisher, uint16_t identifier, enum acknowledgement expected,
                        enum acknowledgement then)
{
    uint32_t low = (uint32_t)(identifier - 1) & mask;
    uint32_t sequence = publisher->completed + ((low - publisher->completed) & mask);
    struct slot *slot = &publisher->slots[low];
    if (sequence >= publisher->sent || identifier_of(sequence) != identifier || slot->acknowledgement != expected)
        fail("publisher %u got an acknowledgement of Packet Identifier %u, which awaits none",
             publisher->connection.index, identifier);
    slot->acknowledgement = (uint8_t)then;
    if (then != ACKNOWLEDGED) return;
    messages_acknowledged++;
    advance(publisher);
}

static void handle(struct connection *connection, uint8_t first, uint8_t *body, size_t length)
{
    struct publisher *publisher = (struct publisher *)connection;
    if (length < 2) fail("publisher %u got a packet 0x%02x that is too short", connection->index, first);
    bool refused = length > 2 && body[2] >= 0x80;
    switch (first >> 4) {
    case PACKET_CONNACK:
        if (body[1] != 0) fail("publisher %u is refused with 0x%02x", connection->index, body[1]);
        publishers_ready++;
        return;
    case PACKET_PUBACK:
        if (refused) fail("publisher %u: PUBACK 0x%02x", connection->index, body[2]);
        acknowledge(publisher, get_uint16(body), AWAITS_PUBACK, ACKNOWLEDGED);
        return;
    case PACKET_PUBREC:
        if (refused) fail("publisher %u: PUBREC 0x%02x", connection->index, body[2]);
        acknowledge(publisher, get_uint16(body), AWAITS_PUBREC, AWAITS_PUBCOMP);
        append_acknowledgement(&connection->output, PACKET_PUBREL, get_uint16(body));
        connection_touch(connection);
        return;
    case PACKET_PUBCOMP:
        acknowledge(publisher, get_uint16(body), AWAITS_PUBCOMP, ACKNOWLEDGED);
        return;
    default: fail("publisher %u got a packet 0x%02x, length %zu", connection->index, first, length);
    }
}

void publishers_start(const struct settings *given)
{
    settings = given;
    publishers = allocate(settings->publishers, sizeof *publishers);
    receivers = settings->topology == TOPOLOGY_FAN ? (uint16_t)settings->subscribers : 1;
    if (settings->mode == MODE_STORED) receivers = 0;
    uint32_t slots = 1;
    while (slots < settings->outstanding) slots *= 2;
    /* An open loop goes on while messages are late. */
    if (settings->rate > 0) slots = IDENTIFIERS;
    mask = slots - 1;
    for (uint32_t index = 0; index < settings->publishers; index++) {
        struct publisher *publisher = &publishers[index];
        publisher->connection = (struct connection){.fd = -1, .index = index, .handler = handle, .opened = open};
        publisher->slots = allocate(slots, sizeof *publisher->slots);
        publisher->topics = topics_of(settings, settings->topology == TOPOLOGY_PAIRS ? index : 0);
        publisher->template = encode_publish_template(settings, publisher->topics.names, settings->qos, false);
    }
}

void publisher_connect(uint32_t index)
{
    connection_open(&publishers[index].connection);
}

void publishers_fill(void)
{
    for (uint32_t index = 0; index < settings->publishers; index++) fill(&publishers[index]);
}

bool publisher_send_one(uint32_t index, uint64_t due)
{
    struct publisher *publisher = &publishers[index];
    if (publisher->sent - publisher->completed > mask) return false;
    send_next(publisher, due);
    return true;
}

void publisher_receipt(uint32_t index, uint32_t sequence)
{
    struct publisher *publisher = &publishers[index];
    publisher->slots[sequence & mask].receivers--;
    if (sequence == publisher->completed) advance(publisher);
}

bool publisher_has_sent(uint32_t index, uint32_t sequence)
{
    return sequence < publishers[index].sent;
}

bool publisher_awaits(uint32_t index, uint32_t sequence)
{
    const struct publisher *publisher = &publishers[index];
    return sequence >= publisher->completed && publisher->slots[sequence & mask].receivers > 0;
}

uint64_t publisher_missing(uint32_t index)
{
    const struct publisher *publisher = &publishers[index];
    uint64_t missing = 0;
    for (uint32_t sequence = publisher->completed; sequence < publisher->sent; sequence++) {
        const struct slot *slot = &publisher->slots[sequence & mask];
        missing += slot->receivers + (slot->acknowledgement != ACKNOWLEDGED ? 1u : 0u);
    }
    return missing;
}

bool publishers_done(void)
{
    for (uint32_t index = 0; index < settings->publishers; index++)
        if (publishers[index].completed != publishers[index].sent) return false;
    return true;
}

uint64_t publishers_sent(void)
{
    uint64_t sent = 0;
    for (uint32_t index = 0; index < settings->publishers; index++) sent += publishers[index].sent;
    return sent;
}
