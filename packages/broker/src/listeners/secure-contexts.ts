/** The certificates of one TLS listener: one by default and others by server name (SNI). All of them can be replaced while connections stay. */
import {
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import { ListenError } from '../errors.js';
import type { ClientCertificates } from '../transport.js';
import type { ResolvedTls } from './listener-options.js';
import { RevocationList } from './revocation-list.js';

/** What Node asks with: the name in the handshake, and whom to tell. */
type SniCallback = (serverName: string, tell: (error: Error | null, context?: SecureContext) => void) => void;

/** Chosen by the name that a client asks for. */
export class SecureContexts implements ClientCertificates {
  #byName: ReadonlyMap<string, SecureContext>;
  /** Of the last reload: those who were revoked before never came in. */
  #revoked: RevocationList | undefined;

  /** Throws ListenError for a certificate that cannot be used. */
  constructor(tls: ResolvedTls, where: string) {
    this.#byName = makeContexts(tls, where);
  }

  /** For the options of a server. A name that nobody has gets the default certificate. */
  readonly choose: SniCallback = (serverName, tell) => {
    const name = serverName.toLowerCase();
    tell(null, this.#byName.get(name) ?? this.#byName.get(name.replace(/^[^.]+/, '*')));
  };

  hasRevoked(certificate: PeerCertificate): boolean {
    return this.#revoked?.has(certificate.raw) === true;
  }

  /** Makes the next ones, or throws ListenError; the function that comes back puts them in force. */
  prepare(
    server: { setSecureContext(options: SecureContextOptions): void },
    tls: ResolvedTls,
    where: string,
  ): () => void {
    const next = makeContexts(tls, where);
    const revoked = readRevoked(tls, where);
    return () => {
      this.#byName = next;
      this.#revoked = revoked;
      server.setSecureContext(contextOptions(tls));
    };
  }
}

function readRevoked({ crl }: ResolvedTls, where: string): RevocationList | undefined {
  if (crl === undefined) return undefined;
  try {
    return new RevocationList([crl].flat().map(String).join('\n'));
  } catch (error) {
    throw new ListenError('PETREL_LISTEN_TLS', `cannot read the revocation list of the ${where}`, error);
  }
}

/** The options of a server that holds these contexts. */
export function serverOptions(tls: ResolvedTls, contexts: SecureContexts) {
  const { requestCert, rejectUnauthorized } = tls;
  return { ...contextOptions(tls), requestCert, rejectUnauthorized, SNICallback: contexts.choose };
}

function contextOptions({
  requestCert: _,
  rejectUnauthorized: __,
  certificates: ___,
  ...options
}: ResolvedTls) {
  return options;
}

function makeContexts(tls: ResolvedTls, where: string): ReadonlyMap<string, SecureContext> {
  const options = contextOptions(tls);
  try {
    // Only to see whether it can be made: the server makes its own.
    createSecureContext(options);
    return new Map(
      tls.certificates.flatMap(({ serverNames, passphrase, ...pair }) => {
        // The authorities and revocation lists for clients are the same for all names.
        const { passphrase: _, ...shared } = options;
        const own = createSecureContext({
          ...shared,
          ...pair,
          ...(passphrase !== undefined && { passphrase }),
        });
        return serverNames.map((name) => [name.toLowerCase(), own] as const);
      }),
    );
  } catch (error) {
    throw new ListenError(
      'PETREL_LISTEN_TLS',
      `cannot open the ${where}: ${(error as Error).message}`,
      error,
    );
  }
}
