/** Two clients and the lanes between them. */
import { type Client, createClient, type ServerInfo } from '@petrel/client';
import { BridgeError } from './errors.js';
import { bridgeClosed, Lane } from './lane.js';
import type { BridgeOptions, LaneCounters, Side } from './options.js';
import { type ResolvedBridgeOptions, resolveBridgeOptions } from './resolve-options.js';
import { filtersMeet, targetFilterOf } from './topic-rule.js';

/**
 * Carries messages between two MQTT servers until it is closed.
 *
 * A message is acknowledged to the server that it comes from once the other server has acknowledged it. Until then it waits in the session that the bridge has
 * on the first server, so neither a lost connection nor a killed bridge loses a message of QoS 1 or 2; that session's bounds are the bounds of what waits. QoS 1 and
 * 2 are at least once over the whole way: a bridge that is killed between the two acknowledgements repeats.
 */
export class Bridge {
  readonly #options: ResolvedBridgeOptions;
  readonly #local: Client;
  readonly #remote: Client;
  readonly #out: Lane;
  readonly #in: Lane;
  readonly #down = new AbortController();
  readonly #ready: Promise<void>;
  #failed: BridgeError | undefined;
  #closing: Promise<void> | undefined;

  /** @internal Use `createBridge`. */
  constructor(options: ResolvedBridgeOptions) {
    this.#options = options;
    this.#local = createClient(options.local);
    this.#remote = createClient(options.remote);
    this.#out = this.#lane('out');
    this.#in = this.#lane('in');
    this.#watch('local', this.#local);
    this.#watch('remote', this.#remote);
    this.#ready = this.#start();
    // Whoever wants to know calls ready(); the bridge goes on trying without.
    this.#ready.catch(() => {});
  }

  get name(): string {
    return this.#options.name;
  }

  /** True while both servers are connected. */
  get isConnected(): boolean {
    return this.#local.status === 'connected' && this.#remote.status === 'connected';
  }

  /** Messages since the bridge began. */
  get counters(): { readonly out: LaneCounters; readonly in: LaneCounters } {
    return { out: this.#out.counters, in: this.#in.counters };
  }

  /** Resolves once both servers are connected and have granted every subscription; rejects when one refuses, or the bridge is closed. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Takes no more messages, lets those on their way arrive for as long as the clients' `closeTimeoutMs` says, and leaves. The sessions stay. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Leaves at once; what is on its way stays with the server that it comes from. */
  destroy(): void {
    this.#down.abort(bridgeClosed());
    this.#local.destroy();
    this.#remote.destroy();
  }

  #lane(direction: 'out' | 'in'): Lane {
    const { name, maximumHops, onEvent } = this.#options;
    const isOut = direction === 'out';
    return new Lane({
      name,
      maximumHops,
      source: isOut ? this.#local : this.#remote,
      target: isOut ? this.#remote : this.#local,
      rules: this.#options[direction],
      signal: this.#down.signal,
      onDropped: (topicName, reason, error) =>
        onEvent({ type: 'dropped', direction, topicName, reason, ...(error && { error }) }),
      onWarning: (error) => onEvent({ type: 'warning', side: isOut ? 'remote' : 'local', error }),
    });
  }

  #watch(side: Side, client: Client): void {
    const { onEvent } = this.#options;
    client.on('connect', (server) => {
      onEvent({ type: 'connected', side });
      this.#assertNoLoop(side, server);
    });
    client.on('disconnect', (error) => onEvent({ type: 'disconnected', side, error }));
    client.on('error', (error) => onEvent({ type: 'warning', side, error }));
  }

  /** Without No Local, what is published on a server comes back through every rule that matches it there. */
  #assertNoLoop(side: Side, server: ServerInfo): void {
    if (server.protocolVersion === 5) return;
    const arriving = side === 'local' ? this.#options.in : this.#options.out;
    const leaving = side === 'local' ? this.#options.out : this.#options.in;
    for (const rule of arriving) {
      const back = leaving.find(({ topicFilter }) => filtersMeet(targetFilterOf(rule), topicFilter));
      if (back === undefined) continue;
      this.#failed = new BridgeError(
        'PETREL_BRIDGE_LOOP',
        `what goes to "${targetFilterOf(rule)}" on the ${side} server would come back from "${back.topicFilter}": it speaks MQTT 3.x, which has no No Local`,
      );
      this.destroy();
      return;
    }
  }

  async #start(): Promise<void> {
    try {
      await Promise.all([
        this.#local.connected(),
        this.#remote.connected(),
        this.#out.subscribe(),
        this.#in.subscribe(),
      ]);
    } catch (error) {
      throw this.#failed ?? error;
    }
  }

  async #close(): Promise<void> {
    this.#down.abort(bridgeClosed());
    // Each waits for its handlers, which wait for the other: both at once, and whoever is too late is left to its server.
    await Promise.all([this.#local.close(), this.#remote.close()]);
  }
}

/** Throws what createBridge would throw, and connects to nothing. */
export function checkBridgeOptions(options: BridgeOptions): void {
  resolveBridgeOptions(options);
}

/**
 * Joins two MQTT servers; returns at once and keeps trying until it is closed.
 *
 * Throws UsageError or TopicError on options that break a rule. Errors of connections and messages go to `onEvent`.
 */
export function createBridge(options: BridgeOptions): Bridge {
  return new Bridge(resolveBridgeOptions(options));
}
