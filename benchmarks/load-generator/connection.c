#define _GNU_SOURCE
#include "connection.h"

#include "clock.h"
#include "failure.h"
#include "tls.h"
#include "websocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define READ_BYTES (256 * 1024)

uint64_t loop_now;
uint64_t loop_idle;

static const struct settings *settings;
static int epoll_fd;
static bool forgiving;
static struct connection *touched;
/* All connections read into one buffer: only an incomplete packet is kept by its connection. */
static struct buffer input;

void loop_start(const struct settings *given)
{
    settings = given;
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0) fail("epoll: %s", strerror(errno));
    buffer_extend(&input, READ_BYTES + 2 * (size_t)settings->payload);
    loop_now = clock_now();
}

void loop_forgive(void)
{
    forgiving = true;
}

static void watch(struct connection *connection, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(epoll_fd, operation, connection->fd, &event) < 0) fail("epoll_ctl: %s", strerror(errno));
}

static void broken(struct connection *connection, const char *what, const char *why)
{
    if (!forgiving) fail("connection %u: %s: %s", connection->index, what, why);
    connection_close(connection);
}

void connection_open(struct connection *connection)
{
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) fail("socket %u: %s", connection->index, strerror(errno));
    int on = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(settings->port)};
    if (inet_pton(AF_INET, settings->host, &address.sin_addr) != 1) fail("%s is no IPv4 address", settings->host);
    if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        fail("connect: %s", strerror(errno));
    if (settings->transport == TRANSPORT_TLS) connection->tls = tls_create(connection->fd);
    if (settings->transport == TRANSPORT_WEBSOCKET) connection->websocket = websocket_create(settings->host);
    connection->blocked = true;
    watch(connection, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

void connection_close(struct connection *connection)
{
    if (connection->fd < 0) return;
    close(connection->fd);
    connection->fd = -1;
    if (connection->tls != NULL) tls_free(connection->tls);
    if (connection->websocket != NULL) websocket_free(connection->websocket);
    connection->tls = NULL;
    connection->websocket = NULL;
    buffer_free(&connection->output);
    buffer_free(&connection->rest);
    connection->written = 0;
}

void connection_freeze(struct connection *connection)
{
    watch(connection, EPOLL_CTL_DEL, 0);
    int bytes = 4096;
    setsockopt(connection->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void connection_touch(struct connection *connection)
{
    if (connection->touched) return;
    connection->touched = true;
    connection->next_touched = touched;
    touched = connection;
}

/* Bytes written; 0 when the socket takes no more now; negative when it is broken. */
static ssize_t write_some(struct connection *connection, const uint8_t *bytes, size_t length)
{
    if (connection->tls != NULL) return tls_write(connection->tls, bytes, length);
    ssize_t count = send(connection->fd, bytes, length, MSG_NOSIGNAL);
    if (count >= 0) return count;
    return errno == EAGAIN ? 0 : -1;
}

static void flush(struct connection *connection)
{
    if (connection->fd < 0 || connection->blocked || !connection->open) return;
    struct buffer *output = &connection->output;
    if (connection->websocket != NULL) output = websocket_frame(connection->websocket, output);
    while (connection->written < output->length) {
        ssize_t count =
            write_some(connection, output->bytes + connection->written, output->length - connection->written);
        if (count < 0) {
            broken(connection, "write", strerror(errno));
            return;
        }
        if (count == 0) {
            connection->blocked = true;
            watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        connection->written += (size_t)count;
    }
    output->length = 0;
    connection->written = 0;
}

void loop_flush(void)
{
    while (touched != NULL) {
        struct connection *connection = touched;
        touched = connection->next_touched;
        connection->touched = false;
        flush(connection);
    }
}

/* Hands over each complete packet; gives what that took of the bytes. */
static size_t take_packets(struct connection *connection, uint8_t *bytes, size_t length)
{
    size_t at = 0;
    while (length - at >= 2) {
        size_t remaining = bytes[at + 1];
        size_t header = 2;
        if (remaining > 127) {
            remaining &= 127;
            uint32_t shift = 7;
            uint8_t byte;
            do {
                if (header == 5) fail("connection %u: a Remaining Length of more than four bytes", connection->index);
                if (at + header == length) return at;
                byte = bytes[at + header++];
                remaining |= (size_t)(byte & 127) << shift;
                shift += 7;
            } while (byte > 127);
        }
        if (length - at < header + remaining) break;
        connection->handler(connection, bytes[at], bytes + at + header, remaining);
        if (connection->fd < 0) return length;
        at += header + remaining;
    }
    return at;
}

/* Bytes read; 0 when there are none now; negative when the other side is gone. */
static ssize_t read_some(struct connection *connection, uint8_t *bytes, size_t length)
{
    if (connection->tls != NULL) return tls_read(connection->tls, bytes, length);
    ssize_t count = recv(connection->fd, bytes, length, 0);
    if (count > 0) return count;
    return count < 0 && errno == EAGAIN ? 0 : -1;
}

static void open_if_ready(struct connection *connection)
{
    if (connection->open) return;
    if (connection->tls != NULL && !tls_is_open(connection->tls)) return;
    if (connection->websocket != NULL && !websocket_is_open(connection->websocket)) return;
    connection->open = true;
    connection->opened(connection);
}

/* Whether there may be more that the socket will not tell of, as OpenSSL has it already. */
static bool receive(struct connection *connection)
{
    size_t kept = connection->rest.length;
    if (input.capacity < kept + READ_BYTES) buffer_extend(&input, kept + READ_BYTES);
    if (kept > 0) memcpy(input.bytes, connection->rest.bytes, kept);
    connection->rest.length = 0;
    ssize_t count = read_some(connection, input.bytes + kept, input.capacity - kept);
    if (count < 0) {
        broken(connection, "read", "the broker closed it");
        return false;
    }
    size_t length = (size_t)count;
    bool filled = kept + length == input.capacity;
    if (connection->websocket != NULL) length = websocket_unframe(connection->websocket, input.bytes + kept, length);
    open_if_ready(connection);
    length += kept;
    size_t taken = take_packets(connection, input.bytes, length);
    if (taken < length) buffer_append(&connection->rest, input.bytes + taken, length - taken);
    return filled && connection->tls != NULL;
}

static void become_writable(struct connection *connection)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        broken(connection, "connect", strerror(error));
        return;
    }
    connection->blocked = false;
    watch(connection, EPOLL_CTL_MOD, EPOLLIN);
    if (!connection->open && connection->websocket != NULL) {
        const struct buffer *request = websocket_request(connection->websocket);
        if (send(connection->fd, request->bytes, request->length, MSG_NOSIGNAL) != (ssize_t)request->length)
            broken(connection, "upgrade", strerror(errno));
    }
    /* Begins the handshake, which has nothing to read yet. */
    if (!connection->open && connection->tls != NULL) tls_read(connection->tls, input.bytes, 0);
    open_if_ready(connection);
    flush(connection);
}

void loop_turn(int timeout_ms)
{
    struct epoll_event events[EVENTS];
    uint64_t started_at = loop_now;
    int count = epoll_wait(epoll_fd, events, EVENTS, settings->spin ? 0 : timeout_ms);
    if (count < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
    for (int index = 0; index < count; index++) {
        struct connection *connection = events[index].data.ptr;
        loop_now = clock_now();
        if (connection->fd >= 0 && (events[index].events & EPOLLOUT) != 0) become_writable(connection);
        if (connection->fd >= 0 && (events[index].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
            while (receive(connection)) {}
        loop_flush();
    }
    loop_now = clock_now();
    if (count == 0) loop_idle += loop_now - started_at;
}
