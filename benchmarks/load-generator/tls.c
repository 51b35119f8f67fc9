#include "tls.h"

#include "failure.h"

#ifdef WITH_TLS

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

static SSL_CTX *context;

struct tls {
    SSL *session;
};

struct tls *tls_create(int fd)
{
    if (context == NULL) {
        context = SSL_CTX_new(TLS_client_method());
        if (context == NULL) fail("OpenSSL: no context");
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }
    struct tls *tls = allocate(1, sizeof *tls);
    tls->session = SSL_new(context);
    if (tls->session == NULL) fail("OpenSSL: no session");
    SSL_set_fd(tls->session, fd);
    SSL_set_connect_state(tls->session);
    return tls;
}

void tls_free(struct tls *tls)
{
    SSL_free(tls->session);
    free(tls);
}

bool tls_is_open(const struct tls *tls)
{
    return SSL_is_init_finished(tls->session);
}

/* The return value of a call that moved nothing. */
static ssize_t nothing_moved(struct tls *tls, int result)
{
    int error = SSL_get_error(tls->session, result);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

ssize_t tls_read(struct tls *tls, uint8_t *bytes, size_t length)
{
    if (!tls_is_open(tls)) {
        int result = SSL_do_handshake(tls->session);
        if (result != 1) return nothing_moved(tls, result);
    }
    size_t total = 0;
    /* A record at a time, until there is none: what OpenSSL keeps would cause no event. */
    while (total < length) {
        size_t count = 0;
        int result = SSL_read_ex(tls->session, bytes + total, length - total, &count);
        if (result != 1) {
            if (total > 0) return (ssize_t)total;
            return nothing_moved(tls, result);
        }
        total += count;
    }
    return (ssize_t)total;
}

ssize_t tls_write(struct tls *tls, const uint8_t *bytes, size_t length)
{
    size_t count = 0;
    int result = SSL_write_ex(tls->session, bytes, length, &count);
    return result == 1 ? (ssize_t)count : nothing_moved(tls, result);
}

#else

struct tls *tls_create(int fd)
{
    (void)fd;
    fail("compiled without OpenSSL: there is no TLS (apt-get install libssl-dev)");
}

void tls_free(struct tls *tls)
{
    (void)tls;
}

bool tls_is_open(const struct tls *tls)
{
    (void)tls;
    return false;
}

ssize_t tls_read(struct tls *tls, uint8_t *bytes, size_t length)
{
    (void)tls, (void)bytes, (void)length;
    return -1;
}

ssize_t tls_write(struct tls *tls, const uint8_t *bytes, size_t length)
{
    (void)tls, (void)bytes, (void)length;
    return -1;
}

#endif
