#include "websocket.h"

#include "packets.h"

#define HEADER_BYTES 14

enum opcode { OPCODE_CONTINUATION = 0, OPCODE_BINARY = 2, OPCODE_CLOSE = 8 };

struct websocket {
    struct buffer request;
    /* The answer to the request, as far as it has arrived; then the header of a frame. */
    struct buffer head;
    struct buffer frames;
    bool open;
    /* Payload bytes that the current frame still has. */
    uint64_t remaining;
    /* A ping or pong, whose payload is not MQTT. */
    bool control;
};

struct websocket *websocket_create(const char *host)
{
    struct websocket *websocket = allocate(1, sizeof *websocket);
    const char *parts[] = {
        "GET /mqtt HTTP/1.1\r\nHost: ", host,
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: cGV0cmVsIGJlbmNobWFyaw==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"};
    for (size_t index = 0; index < sizeof parts / sizeof *parts; index++)
        buffer_append(&websocket->request, parts[index], strlen(parts[index]));
    return websocket;
}

void websocket_free(struct websocket *websocket)
{
    buffer_free(&websocket->request);
    buffer_free(&websocket->head);
    buffer_free(&websocket->frames);
    free(websocket);
}

const struct buffer *websocket_request(const struct websocket *websocket)
{
    return &websocket->request;
}

bool websocket_is_open(const struct websocket *websocket)
{
    return websocket->open;
}

/* Reads the answer to its end; gives how many bytes belonged to it. */
static size_t take_answer(struct websocket *websocket, const uint8_t *bytes, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        buffer_append(&websocket->head, bytes + at, 1);
        const struct buffer *head = &websocket->head;
        if (head->length > 8192) fail("the answer to the WebSocket upgrade does not end");
        if (head->length < 4 || memcmp(head->bytes + head->length - 4, "\r\n\r\n", 4) != 0) continue;
        if (memcmp(head->bytes, "HTTP/1.1 101", 12) != 0)
            fail("the broker answers the WebSocket upgrade with %.12s", (const char *)head->bytes);
        websocket->head.length = 0;
        websocket->open = true;
        return at + 1;
    }
    return length;
}

/* Size of the header that begins with these bytes; 0 when that is not known yet. */
static size_t header_size(const struct buffer *head)
{
    if (head->length < 2) return 0;
    uint8_t size = head->bytes[1] & 127;
    return size < 126 ? 2 : size == 126 ? 4 : 10;
}

static void begin_frame(struct websocket *websocket)
{
    const uint8_t *head = websocket->head.bytes;
    uint8_t opcode = head[0] & 15;
    if (opcode == OPCODE_CLOSE) fail("the broker closes the WebSocket");
    websocket->control = opcode > OPCODE_CLOSE;
    if (head[1] > 127) fail("the broker masks its WebSocket frames");
    websocket->remaining = head[1];
    if (head[1] == 126) websocket->remaining = get_uint16(head + 2);
    if (head[1] == 127) {
        websocket->remaining = 0;
        for (int index = 2; index < 10; index++) websocket->remaining = websocket->remaining << 8 | head[index];
    }
    websocket->head.length = 0;
}

size_t websocket_unframe(struct websocket *websocket, uint8_t *bytes, size_t length)
{
    size_t from = websocket->open ? 0 : take_answer(websocket, bytes, length);
    size_t to = 0;
    while (from < length) {
        if (websocket->remaining == 0) {
            buffer_append(&websocket->head, bytes + from++, 1);
            if (websocket->head.length == header_size(&websocket->head)) begin_frame(websocket);
            continue;
        }
        size_t count = length - from;
        if (count > websocket->remaining) count = (size_t)websocket->remaining;
        if (!websocket->control) {
            memmove(bytes + to, bytes + from, count);
            to += count;
        }
        from += count;
        websocket->remaining -= count;
    }
    return to;
}

/* One key for all frames: a broker has to unmask with it as with any other. */
static void mask(uint8_t *to, const uint8_t *from, size_t length, const uint8_t key[8])
{
    uint64_t wide_key;
    memcpy(&wide_key, key, 8);
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
        uint64_t word;
        memcpy(&word, from + at, 8);
        word ^= wide_key;
        memcpy(to + at, &word, 8);
    }
    for (; at < length; at++) to[at] = from[at] ^ key[at & 3];
}

struct buffer *websocket_frame(struct websocket *websocket, struct buffer *output)
{
    static const uint8_t key[8] = {0x37, 0xfa, 0x21, 0x3d, 0x37, 0xfa, 0x21, 0x3d};
    size_t length = output->length;
    if (length == 0) return &websocket->frames;
    uint8_t head[HEADER_BYTES] = {0x80 | OPCODE_BINARY};
    size_t size = 2;
    if (length < 126) {
        head[1] = (uint8_t)(0x80 | length);
    } else if (length < 65536) {
        head[1] = 0x80 | 126;
        put_uint16(head + 2, (uint16_t)length);
        size = 4;
    } else {
        head[1] = 0x80 | 127;
        for (int index = 0; index < 8; index++) head[2 + index] = (uint8_t)(length >> (56 - 8 * index));
        size = 10;
    }
    memcpy(head + size, key, 4);
    buffer_append(&websocket->frames, head, size + 4);
    mask(buffer_extend(&websocket->frames, length), output->bytes, length, key);
    output->length = 0;
    return &websocket->frames;
}
