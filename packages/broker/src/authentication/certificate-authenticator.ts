/** The client certificate of mutual TLS as identity: one name in it, compared and taken as it is. */
import { reasonCode } from '@petrel/protocol';
import { type CertificateNameKind, certificateNames } from '../access/certificate-names.js';
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
  return ({ peerCertificate }) => {
    if (peerCertificate === undefined) return undefined;
    const [name, ...others] = certificateNames(peerCertificate, kind);
    if (name === undefined || others.length > 0 || allowed?.has(name) === false)
      return { reasonCode: reasonCode.notAuthorized };
    return { name };
  };
}
