/** The client certificate of mutual TLS as identity: one name in it, compared and taken as it is. */
import { reasonCode } from '@petrel/protocol';
import { type CertificateNameKind, certificateNames } from '../access/certificate-names.js';
import { isPrincipal } from '../hook-runner.js';
import type { AuthenticationRequest, Client, Principal, Refusal } from '../hooks.js';
import type { Authenticator } from './authentication-chain.js';

/** Which name a client has. */
export interface CertificateAuthenticatorOptions {
  /** Default 'common-name'. */
  readonly name?: CertificateNameKind | undefined;
  /** Names that are let in; default: whoever has a certificate of the listener's authorities. */
  readonly names?: readonly string[] | undefined;
}

/**
 * Knows clients with a verified certificate, and leaves those without one to the next authenticator. A certificate without such a name, or
 * with several, is refused: nobody can say who it is (CVE-2026-33248).
 */
export function certificateAuthenticator({
  name: kind = 'common-name',
  names,
}: CertificateAuthenticatorOptions = {}): Authenticator {
  const allowed = names && new Set(names);
  const credential = 'certificate:';
  const authenticate = ({
    peerCertificate,
  }: Pick<AuthenticationRequest, 'peerCertificate'>): Principal | Refusal | undefined => {
    if (peerCertificate === undefined) return undefined;
    const [name, ...others] = certificateNames(peerCertificate, kind);
    if (name === undefined || others.length > 0 || allowed?.has(name) === false)
      return { reasonCode: reasonCode.notAuthorized };
    return { name, credential };
  };
  return Object.assign(authenticate, {
    // Whether it was revoked since is for the broker to say, which knows the listener.
    stillValid: (client: Client) => {
      if (client.principal?.credential !== credential) return false;
      const answer = authenticate(client);
      return isPrincipal(answer) && answer.name === client.principal.name;
    },
  });
}
