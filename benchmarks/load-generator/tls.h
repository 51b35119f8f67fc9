/*
 * TLS through OpenSSL, without a look at the certificate: only its cost is of interest. Compiled without WITH_TLS, all this
 * says is that it is not there.
 */
#ifndef TLS_H
#define TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tls;

struct tls *tls_create(int fd);
void tls_free(struct tls *tls);
bool tls_is_open(const struct tls *tls);

/* Both continue the handshake first. As with a socket: 0 = not now, negative = broken. */
ssize_t tls_read(struct tls *tls, uint8_t *bytes, size_t length);
ssize_t tls_write(struct tls *tls, const uint8_t *bytes, size_t length);

#endif
