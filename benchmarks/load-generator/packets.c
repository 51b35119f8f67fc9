#include "packets.h"

static void append_byte(struct buffer *buffer, uint8_t byte)
{
    *buffer_extend(buffer, 1) = byte;
}

static void append_uint16(struct buffer *buffer, uint16_t value)
{
    put_uint16(buffer_extend(buffer, 2), value);
}

static void append_string(struct buffer *buffer, const char *text)
{
    size_t length = strlen(text);
    append_uint16(buffer, (uint16_t)length);
    buffer_append(buffer, text, length);
}

static void append_variable_integer(struct buffer *buffer, size_t value)
{
    do {
        uint8_t byte = value & 127;
        value >>= 7;
        append_byte(buffer, value > 0 ? byte | 128 : byte);
    } while (value > 0);
}

/* Appends the fixed header and then the body, which is released. */
static void append_packet(struct buffer *output, uint8_t first, struct buffer *body)
{
    append_byte(output, first);
    append_variable_integer(output, body->length);
    buffer_append(output, body->bytes, body->length);
    buffer_free(body);
}

void encode_connect(struct buffer *output, const struct settings *settings, const char *client_identifier)
{
    struct buffer body = {0};
    append_string(&body, "MQTT");
    append_byte(&body, (uint8_t)settings->version);
    append_byte(&body, settings->persistent ? 0 : 2);
    append_uint16(&body, (uint16_t)settings->keep_alive);
    if (settings->version == 5) {
        if (settings->persistent) {
            static const uint8_t session_expiry_interval[] = {5, 0x11, 0, 0, 0x0e, 0x10};
            buffer_append(&body, session_expiry_interval, sizeof session_expiry_interval);
        } else {
            append_byte(&body, 0);
        }
    }
    append_string(&body, client_identifier);
    append_packet(output, PACKET_CONNECT << 4, &body);
}

void encode_subscribe(struct buffer *output, const struct settings *settings, uint16_t identifier, uint32_t count,
                      const char *(*filter_of)(void *context, uint32_t index), void *context)
{
    struct buffer body = {0};
    append_uint16(&body, identifier);
    if (settings->version == 5) append_byte(&body, 0);
    for (uint32_t index = 0; index < count; index++) {
        append_string(&body, filter_of(context, index));
        append_byte(&body, (uint8_t)settings->qos);
    }
    append_packet(output, PACKET_SUBSCRIBE << 4 | 2, &body);
}

/* What a request carries: format, expiry, type, where to answer, which request, and two headers. */
static void append_request_properties(struct buffer *body)
{
    struct buffer properties = {0};
    static const uint8_t format_and_expiry[] = {0x01, 1, 0x02, 0, 0, 0, 60};
    buffer_append(&properties, format_and_expiry, sizeof format_and_expiry);
    append_byte(&properties, 0x03);
    append_string(&properties, "application/json");
    append_byte(&properties, 0x08);
    append_string(&properties, "bench/replies/0123456789abcdef");
    append_byte(&properties, 0x09);
    append_string(&properties, "0123456789abcdef");
    append_byte(&properties, 0x26);
    append_string(&properties, "traceparent");
    append_string(&properties, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    append_byte(&properties, 0x26);
    append_string(&properties, "tenant");
    append_string(&properties, "benchmark");
    append_variable_integer(body, properties.length);
    buffer_append(body, properties.bytes, properties.length);
    buffer_free(&properties);
}

struct publish_template encode_publish_template(const struct settings *settings, const char *topic, uint32_t qos,
                                                bool retain)
{
    struct publish_template template = {.topic_length = strlen(topic)};
    struct buffer body = {0};
    append_string(&body, topic);
    if (qos > 0) {
        template.identifier_at = body.length;
        append_uint16(&body, 1);
    }
    if (settings->version == 5) {
        if (settings->properties) append_request_properties(&body);
        else append_byte(&body, 0);
    }
    template.payload_at = body.length;
    memset(buffer_extend(&body, settings->payload), FILLER, settings->payload);

    size_t body_length = body.length;
    append_packet(&template.packet, (uint8_t)(PACKET_PUBLISH << 4 | qos << 1 | (retain ? 1 : 0)), &body);
    size_t header = template.packet.length - body_length;
    template.topic_at = header + 2;
    template.payload_at += header;
    if (template.identifier_at != 0) template.identifier_at += header;
    return template;
}
