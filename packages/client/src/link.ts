/**
 * Keeps one connection alive: connects, notices its loss, waits, connects again, until it is told to stop or gives up.
 * Owns the status. Knows when, not what: the session gets every connection and acts on it.
 */
import {
  type Packet,
  type PetrelError,
  type ProtocolVersion,
  reasonCode,
  TopicNameCache,
} from '@petrel/protocol';
import type { ClientEvents, ClientStatus } from './client-events.js';
import type { Connection } from './connection.js';
import { Connector } from './connector.js';
import { ConnectionError } from './errors.js';
import type { EventEmitter } from './event-emitter.js';
import { backoffDelayMs, defaultDelays } from './reconnect.js';
import type { ResolvedOptions } from './resolve-options.js';
import type { ServerInfo } from './server-info.js';
import type { Session } from './session.js';

/** What a link needs. */
export interface LinkOptions {
  readonly options: ResolvedOptions;
  readonly session: Session;
  readonly events: EventEmitter<ClientEvents>;
  readonly defer: (run: () => void) => void;
  /** Failed rounds before the first connection after which to give up. */
  readonly initialAttempts: number;
  /** It has given up; nothing will come any more. */
  readonly onGaveUp: (error: PetrelError) => void;
}

// A server that accepts and throws out at once must not be asked without pause.
const stableAfterMs = 5_000;

export class Link {
  readonly #options: ResolvedOptions;
  readonly #needs: LinkOptions;
  readonly #connector: Connector;
  #status: ClientStatus = 'connecting';
  #connection: Connection | undefined;
  #server: ServerInfo | undefined;
  /** The last server's, which names the session from then on. */
  #clientIdentifier: string;
  #connectedAt = 0;
  #failures = 0;
  #backoff = 0;
  #cancelRetry: (() => void) | undefined;
  #stopped = false;

  constructor(needs: LinkOptions) {
    const { options, session, events, defer } = needs;
    this.#needs = needs;
    this.#options = options;
    this.#clientIdentifier = options.clientIdentifier;
    session.onLost = (cause) => this.#onLost(cause);
    this.#connector = new Connector({
      options,
      defer,
      topicNames: new TopicNameCache(1024),
      onSend: (packet: Packet) => {
        if (events.has('packetSend')) events.emit('packetSend', packet);
      },
      onReceive: (packet: Packet) => {
        if (events.has('packetReceive')) events.emit('packetReceive', packet);
      },
      session: (version) => ({
        clientIdentifier: this.#clientIdentifier,
        cleanStart: this.#cleanStart(version),
      }),
      onAccepted: (connection, server) => this.#onAccepted(connection, server),
    });
  }

  get status(): ClientStatus {
    return this.#status;
  }

  /** The current or last server; undefined before the first connection. */
  get server(): ServerInfo | undefined {
    return this.#server;
  }

  get clientIdentifier(): string {
    return this.#clientIdentifier;
  }

  /** Begins to connect. */
  start(): void {
    void this.#round();
  }

  async #round(): Promise<void> {
    if (this.#stopped) return;
    this.#setStatus(this.#server === undefined ? 'connecting' : 'reconnecting');
    const failure = await this.#connector.round();
    if (failure === undefined || this.#stopped) return;
    this.#failures++;
    const { reconnect } = this.#options;
    const limit = this.#server === undefined ? this.#needs.initialAttempts : (reconnect?.attempts ?? 1);
    if (this.#failures >= limit) {
      this.#giveUp(failure);
      return;
    }
    this.#needs.events.emit('error', failure);
    this.#retryLater();
  }

  #retryLater(): void {
    const delayMs = backoffDelayMs(
      this.#backoff++,
      this.#options.reconnect ?? defaultDelays,
      this.#options.random,
    );
    if (this.#server !== undefined) this.#setStatus('offline');
    this.#cancelRetry = this.#options.clock.schedule(delayMs, () => this.start());
  }

  #giveUp(error: PetrelError): void {
    this.#stopped = true;
    this.#needs.onGaveUp(error);
  }

  /** A session that the last server promised to keep is continued; the first CONNECT does what the option says. */
  #cleanStart(protocolVersion: ProtocolVersion): boolean {
    const isKept = protocolVersion === 5 && (this.#server?.sessionExpiryInterval ?? 0) > 0;
    return isKept ? false : this.#options.cleanStart;
  }

  #onAccepted(connection: Connection, server: ServerInfo): void {
    this.#connection = connection;
    this.#server = server;
    this.#clientIdentifier = server.clientIdentifier;
    this.#connectedAt = this.#options.clock.now();
    this.#failures = 0;
    connection.maximumSendSize = server.maximumPacketSize;
    connection.startKeepAlive(server.keepAlive, this.#options.pingTimeoutMs);
    // MQTT 3.1 does not say whether the session was there: where it should be, act as if.
    const isUnknown = server.protocolVersion === 3 && !this.#options.cleanStart;
    // Session Present to a client that asked for a session and has no state of it is no error here [MQTT-3.2.2-4]: the program that sets
    // cleanStart to false says that an empty state is the state it wants to continue with.
    this.#needs.session.attach(connection, server, server.sessionPresent || isUnknown);
    this.#setStatus('connected');
    this.#needs.events.emit('connect', server);
  }

  #onLost(cause: PetrelError): void {
    this.#connection = undefined;
    this.#connector.lost(cause);
    const lasted = this.#options.clock.now() - this.#connectedAt;
    if (lasted >= stableAfterMs) this.#backoff = 0;
    if (this.#options.reconnect === undefined) {
      this.#needs.events.emit('disconnect', cause);
      this.#giveUp(cause);
      return;
    }
    this.#setStatus('offline');
    this.#needs.events.emit('disconnect', cause);
    // Listeners may have closed the client.
    if (!this.#stopped) this.#retryLater();
  }

  /** Ends the connection with DISCONNECT, and every attempt; resolves once the transport is closed. `withWill`: the server publishes it. */
  async close(withWill: boolean): Promise<void> {
    this.#stop();
    const { cleanStart, sessionExpiryInterval } = this.#options;
    // A session that began with this client and that no other will ask for is not left behind.
    const endsSession = cleanStart && sessionExpiryInterval > 0 && this.#server?.protocolVersion === 5;
    const code = withWill ? reasonCode.disconnectWithWillMessage : reasonCode.normalDisconnection;
    await this.#connection?.end(code, endsSession ? { sessionExpiryInterval: 0 } : undefined);
    this.#setStatus('closed');
  }

  /** Ends the connection without a word, and every attempt. */
  destroy(): void {
    this.#stop();
    this.#connection?.destroy();
    this.#setStatus('closed');
  }

  #stop(): void {
    this.#stopped = true;
    this.#cancelRetry?.();
    this.#connector.stop(new ConnectionError('PETREL_CLIENT_CLOSED', 'the client was closed'));
  }

  #setStatus(status: ClientStatus): void {
    if (this.#status === status || this.#status === 'closed') return;
    this.#status = status;
    this.#needs.events.emit('status', status);
  }
}
