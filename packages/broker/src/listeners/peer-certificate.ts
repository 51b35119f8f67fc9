/** The client certificate of a TLS socket. */

import type { Duplex } from 'node:stream';
import { type PeerCertificate, TLSSocket } from 'node:tls';

/** The certificate, only if it was checked against the listener's authorities: an unchecked one proves nothing. */
export function peerCertificateOf(stream: Duplex): PeerCertificate | undefined {
  return stream instanceof TLSSocket && stream.authorized ? stream.getPeerCertificate() : undefined;
}
