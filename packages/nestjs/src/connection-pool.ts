/**
 * The connections of this process: a server and clients of the same options share one, so that all goes in and out by a single connection.
 * Knows no service and nothing of NestJS.
 */
import { type Client, type ClientOptions, createClient } from '@petrel/client';
import { UsageError } from '@petrel/protocol';
import { LeasedLink } from './leased-link.js';

/** What a connection is wanted for. */
export interface ConnectionUse {
  /** Takes messages of others. Two servers never share: each is to get what it has subscribed to, also in one group. */
  readonly serves: boolean;
  /** Shares with nobody. */
  readonly own: boolean;
}

interface Pooled {
  readonly client: Client;
  readonly options: ClientOptions;
  readonly isShared: boolean;
  /** Who uses it, the oldest first. */
  readonly leases: Set<Lease>;
}

/** One part in a connection. */
export class Lease {
  readonly client: Client;
  /** The link of a service, which ends with this part and closes the connection with the last one. */
  readonly link: LeasedLink;
  readonly serves: boolean;
  readonly #pooled: Pooled;
  readonly #release: () => boolean;

  /** `ConnectionPool.lease` makes them. */
  constructor(pooled: Pooled, serves: boolean, release: (lease: Lease) => boolean) {
    this.client = pooled.client;
    this.serves = serves;
    this.#pooled = pooled;
    this.#release = () => release(this);
    this.link = new LeasedLink(pooled.client, pooled.options, this.#release);
  }

  /** Nobody else uses the connection. */
  get isAlone(): boolean {
    return this.#pooled.leases.size === 1;
  }

  /** Of all parts, the one that tells what becomes of the connection. */
  get speaks(): boolean {
    const [first] = this.#pooled.leases;
    return first === this;
  }

  /** Stops now, without a word; the connection too where nobody else uses it. */
  abandon(): void {
    if (this.#release()) this.client.destroy();
  }
}

/** Opens connections, and gives what is open to those who want the same. */
export class ConnectionPool {
  readonly #open = new Set<Pooled>();

  /** Open connections. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * A part in a connection of these options, which is opened where there is none to share. Throws UsageError for bad options, and where another
   * connection to the same server has the Client Identifier: the server would end one for the other, again and again [MQTT-3.1.4-3].
   */
  lease(options: ClientOptions, { serves, own }: ConnectionUse): Lease {
    const shareable = own ? undefined : this.#shareable(options, serves);
    const pooled = shareable ?? this.#connect(options, !own);
    const lease = new Lease(pooled, serves, (left) => {
      const wasLast = pooled.leases.delete(left) && pooled.leases.size === 0;
      if (wasLast) this.#open.delete(pooled);
      return wasLast;
    });
    pooled.leases.add(lease);
    return lease;
  }

  #shareable(options: ClientOptions, serves: boolean): Pooled | undefined {
    for (const pooled of this.#open) {
      if (!pooled.isShared || (serves && [...pooled.leases].some((lease) => lease.serves))) continue;
      if (isSame(pooled.options, options)) return pooled;
    }
    return undefined;
  }

  #connect(options: ClientOptions, isShared: boolean): Pooled {
    this.#assertIdentifierIsFree(options);
    const pooled = { client: createClient(options), options, isShared, leases: new Set<Lease>() };
    this.#open.add(pooled);
    pooled.client.on('status', (status) => {
      if (status === 'closed') this.#open.delete(pooled);
    });
    return pooled;
  }

  #assertIdentifierIsFree(options: ClientOptions): void {
    const { clientIdentifier = '' } = options;
    if (clientIdentifier === '') return;
    for (const other of this.#open) {
      if (other.options.clientIdentifier !== clientIdentifier || !isSameServer(other.options, options))
        continue;
      const differing = differences(other.options, options);
      const why =
        differing.length === 0
          ? 'of which one is to be alone, or which both serve'
          : `whose options differ in ${differing.map((name) => `"${name}"`).join(', ')}`;
      throw new UsageError(
        `option "clientIdentifier" ("clientId") must be another one for each connection to a server, got "${clientIdentifier}" for two, ${why} [MQTT-3.1.4-3]`,
      );
    }
  }
}

function isSameServer(one: ClientOptions, other: ClientOptions): boolean {
  return (['url', 'urls', 'stream'] as const).every((name) => isSame(one[name], other[name]));
}

function differences(one: ClientOptions, other: ClientOptions): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof ClientOptions>;
  return [...names].filter((name) => !isSame(one[name], other[name]));
}

/** Plain data by what it says, anything else, such as a function or a store, by being the same one. */
function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (one instanceof URL && other instanceof URL) return one.href === other.href;
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  if (!(isPlain(one) && isPlain(other)) || Array.isArray(one) !== Array.isArray(other)) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) =>
    isSame((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name]),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}
