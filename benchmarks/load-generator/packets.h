/* The packets that a client sends, encoded once wherever they repeat. */
#ifndef PACKETS_H
#define PACKETS_H

#include "buffer.h"
#include "settings.h"

#include <stdint.h>

enum packet_type {
    PACKET_CONNECT = 1,
    PACKET_CONNACK = 2,
    PACKET_PUBLISH = 3,
    PACKET_PUBACK = 4,
    PACKET_PUBREC = 5,
    PACKET_PUBREL = 6,
    PACKET_PUBCOMP = 7,
    PACKET_SUBSCRIBE = 8,
    PACKET_SUBACK = 9,
    PACKET_DISCONNECT = 14,
};

/* What the first bytes of each payload say. */
struct stamp {
    uint32_t publisher;
    uint32_t sequence;
    uint64_t sent_at;
};

/* A PUBLISH of which only the topic's text, the identifier and the stamp change. */
struct publish_template {
    struct buffer packet;
    size_t topic_at;
    size_t topic_length;
    size_t identifier_at;
    size_t payload_at;
};

/* All payload after the stamp consists of this. */
#define FILLER 0x78

void encode_connect(struct buffer *output, const struct settings *settings, const char *client_identifier);

/* One SUBSCRIBE with `count` filters, which `filter_of(context, index)` names. */
void encode_subscribe(struct buffer *output, const struct settings *settings, uint16_t identifier, uint32_t count,
                      const char *(*filter_of)(void *context, uint32_t index), void *context);

/* The topic given is the first; all others have its length. */
struct publish_template encode_publish_template(const struct settings *settings, const char *topic, uint32_t qos,
                                                bool retain);

static inline void put_uint16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline uint16_t get_uint16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* PUBACK, PUBREC, PUBREL or PUBCOMP that says all is well, which is the same four bytes in both versions. */
static inline void append_acknowledgement(struct buffer *output, enum packet_type type, uint16_t identifier)
{
    uint8_t *at = buffer_extend(output, 4);
    at[0] = (uint8_t)(type << 4 | (type == PACKET_PUBREL ? 2 : 0));
    at[1] = 2;
    put_uint16(at + 2, identifier);
}

static inline void append_publish(struct buffer *output, const struct publish_template *template, const char *topic,
                                  uint16_t identifier, const struct stamp *stamp)
{
    uint8_t *at = buffer_extend(output, template->packet.length);
    memcpy(at, template->packet.bytes, template->packet.length);
    if (topic != NULL) memcpy(at + template->topic_at, topic, template->topic_length);
    if (template->identifier_at != 0) put_uint16(at + template->identifier_at, identifier);
    memcpy(at + template->payload_at, stamp, sizeof *stamp);
}

#endif
