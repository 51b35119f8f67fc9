/** What the tests of authenticators share: a request as CONNECT makes it. */
import type { PeerCertificate } from 'node:tls';
import type { AuthenticationRequest } from '../hooks.js';

/** Of a client without anything; `password` as text. */
export function request(
  fields: Partial<Omit<AuthenticationRequest, 'password'>> & { password?: string | Uint8Array } = {},
): AuthenticationRequest {
  const { password, ...rest } = fields;
  return {
    clientIdentifier: 'c',
    userName: undefined,
    password: password === undefined ? undefined : Buffer.from(password as Uint8Array),
    protocolVersion: 5,
    transport: 'tcp',
    remoteAddress: '127.0.0.1',
    peerCertificate: undefined,
    ...rest,
  };
}

/** A certificate as Node shows it. */
export function certificate(subject: Record<string, unknown>, subjectaltname?: string): PeerCertificate {
  return { subject, subjectaltname } as unknown as PeerCertificate;
}
