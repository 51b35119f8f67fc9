/** The certificates of one TLS listener: one by default and others by server name (SNI). All of them can be replaced while connections stay. */
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { ListenError } from '../errors.js';
import type { ResolvedTls } from './listener-options.js';

/** What Node asks with: the name in the handshake, and whom to tell. */
type SniCallback = (serverName: string, tell: (error: Error | null, context?: SecureContext) => void) => void;

/** Chosen by the name that a client asks for. */
export class SecureContexts {
  #byName: ReadonlyMap<string, SecureContext>;

  /** Throws ListenError for a certificate that cannot be used. */
  constructor(tls: ResolvedTls, where: string) {
    this.#byName = makeContexts(tls, where);
  }

  /** For the options of a server. A name that nobody has gets the default certificate. */
  readonly choose: SniCallback = (serverName, tell) => {
    const name = serverName.toLowerCase();
    tell(null, this.#byName.get(name) ?? this.#byName.get(name.replace(/^[^.]+/, '*')));
  };

  /** Makes the next ones, or throws ListenError; the function that comes back puts them in force. */
  prepare(
    server: { setSecureContext(options: SecureContextOptions): void },
    tls: ResolvedTls,
    where: string,
  ): () => void {
    const next = makeContexts(tls, where);
    return () => {
      this.#byName = next;
      server.setSecureContext(contextOptions(tls));
    };
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
