/** The connection of one server or client: opens and closes it, and tells what becomes of it in NestJS's words. */
import type { Logger } from '@nestjs/common';
import type { Client, ClientStatus } from '@petrel/client';
import { type Packet, type PetrelError, UsageError } from '@petrel/protocol';
import { firstConnection, Service, ServiceError } from '@petrel/service';
import { ConnectionPool, type Lease } from './connection-pool.js';
import { connectionOptions } from './connection-source.js';
import type { MqttEvents, MqttStatus } from './events.js';
import { nestDialect } from './nest-dialect.js';
import type { ResolvedOptions } from './options.js';

/** What a connection is doing. */
export interface ConnectionHealth {
  /** `closed` before it is opened, and after it was closed. */
  readonly connection: ClientStatus;
  /** Known from the first connection on. */
  readonly clientIdentifier?: string;
  readonly protocolVersion?: 3 | 4 | 5;
  /** Messages that handlers have in work, or that wait for one. */
  readonly messagesInWork: number;
}

interface Opened {
  readonly lease: Lease;
  readonly client: Client;
  readonly service: Service;
  /** Ends what listens to the client, which may live on with others. */
  readonly stops: (() => void)[];
}

interface Listener {
  readonly event: keyof MqttEvents;
  readonly callback: (...args: never[]) => void;
}

/** What a connection is made for. */
export interface ConnectionOwner {
  /** Serves handlers, and does not only send. */
  readonly serves: boolean;
  readonly logger: Logger;
}

interface StatusSink {
  next(status: MqttStatus): void;
}

const statusInNest: Readonly<Record<ClientStatus, MqttStatus | undefined>> = {
  connecting: undefined,
  connected: 'connected',
  offline: 'disconnected',
  reconnecting: 'reconnecting',
  closed: 'closed',
};

const pool = new ConnectionPool();

/** Opened on demand, closed, and opened again as often as it is asked for. */
export class Connection {
  readonly #options: ResolvedOptions;
  readonly #status: StatusSink;
  readonly #logger: Logger;
  readonly #serves: boolean;
  readonly #listeners: Listener[] = [];
  #opened: Opened | undefined;
  #opening: Promise<void> | undefined;

  constructor(options: ResolvedOptions, status: StatusSink, { serves, logger }: ConnectionOwner) {
    this.#options = options;
    this.#status = status;
    this.#serves = serves;
    this.#logger = logger;
  }

  /** The service over the open connection. */
  get service(): Service {
    if (this.#opened === undefined)
      throw new ServiceError('PETREL_SERVICE_CLOSED', 'the connection is closed');
    return this.#opened.service;
  }

  /** There has been a connection, and nobody has closed it: what is sent leaves at once, or waits for the next connection. */
  get isOpen(): boolean {
    return this.#opened?.client.server !== undefined;
  }

  /**
   * Resolves once connected, at once where it has been before. After `attempts` failures, or one that trying again cannot
   * mend, it rejects with the ConnectError and gives up.
   */
  open(attempts: number): Promise<void> {
    this.#opening ??= this.#open(attempts).catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#opening = undefined;
    if (opened === undefined) return;
    const { lease, client, service, stops } = opened;
    // What never was connected has nothing to finish.
    if (client.server === undefined && lease.isAlone) lease.abandon();
    else await service.close();
    // Others go on with the connection; here it has ended.
    if (client.status !== 'closed') this.#tellEnd();
    for (const stop of stops) stop();
  }

  health(): ConnectionHealth {
    if (this.#opened === undefined) return { connection: 'closed', messagesInWork: 0 };
    const { client, service } = this.#opened;
    const { server, status, clientIdentifier } = client;
    return {
      connection: status,
      ...(server && { clientIdentifier, protocolVersion: server.protocolVersion }),
      messagesInWork: service.inWork,
    };
  }

  unwrap(whyNot: string): Client {
    if (this.#opened === undefined) throw new Error(whyNot);
    return this.#opened.client;
  }

  on(event: keyof MqttEvents, callback: (...args: never[]) => void): void {
    const listener = { event, callback };
    this.#listeners.push(listener);
    if (this.#opened !== undefined) this.#opened.stops.push(listen(this.#opened.client, listener));
  }

  #open(attempts: number): Promise<void> {
    const { connection, service: settings, nest } = connectionOptions(this.#options, this);
    const lease = pool.lease(connection, { serves: this.#serves, own: nest.ownConnection ?? false });
    const { client, link } = lease;
    const service = new Service(link, { dialect: nestDialect(nest), ...settings });
    const stops: (() => void)[] = [];
    this.#opened = { lease, client, service, stops };
    stops.push(...this.#observe(lease, service));
    for (const listener of this.#listeners) stops.push(listen(client, listener));
    if (client.status === 'connected') this.#call('connect');
    return firstConnection(client, attempts);
  }

  /** The client has given up by itself: what waits for it fails, and the next use begins anew. */
  #forget({ service, stops }: Opened): void {
    this.#opened = undefined;
    this.#opening = undefined;
    // Not before all listeners have heard of it.
    queueMicrotask(() => {
      for (const stop of stops) stop();
    });
    service.close().catch((error: unknown) => this.#logger.error(error));
  }

  #observe(lease: Lease, service: Service): (() => void)[] {
    const { client } = lease;
    const fieldsOf = ({ code, reasonCode }: PetrelError) => ({
      clientIdentifier: client.clientIdentifier,
      code,
      ...(reasonCode !== undefined && { reasonCode }),
    });
    return [
      client.on('status', (status) => {
        const inNest = statusInNest[status];
        if (inNest !== undefined) this.#status.next(inNest);
        if (status === 'closed' && this.#opened?.service === service) this.#forget(this.#opened);
      }),
      client.on('disconnect', (error) => {
        if (lease.speaks)
          this.#logger.warn(`Connection lost (${error.message}), reconnecting`, fieldsOf(error));
      }),
      client.on('error', (error) => {
        if (lease.speaks) this.#logger.error(error.message, fieldsOf(error));
      }),
    ];
  }

  #tellEnd(): void {
    this.#status.next('closed');
    this.#call('close');
    this.#call('end');
  }

  #call(event: 'connect' | 'close' | 'end'): void {
    for (const listener of this.#listeners) if (listener.event === event) (listener.callback as () => void)();
  }
}

/** Returns how to end it. */
function listen(client: Client, { event, callback }: Listener): () => void {
  const call = callback as (...args: unknown[]) => void;
  switch (event) {
    case 'connect':
      return client.on('connect', call);
    case 'close':
      // Also the end of what was connected by close(), which is no loss.
      return client.on('status', (status) => (status === 'offline' || status === 'closed') && call());
    case 'reconnect':
      return client.on('status', (status) => status === 'reconnecting' && call());
    case 'offline':
      return client.on('status', (status) => status === 'offline' && call());
    case 'end':
      return client.on('status', (status) => status === 'closed' && call());
    case 'error':
      return client.on('error', call);
    case 'disconnect':
      return client.on('packetReceive', (packet) => packet.type === 'disconnect' && call(inMqttJs(packet)));
    case 'packetreceive':
      return client.on('packetReceive', (packet) => call(inMqttJs(packet)));
    case 'packetsend':
      return client.on('packetSend', (packet) => call(inMqttJs(packet)));
    default:
      throw new UsageError(`there is no event "${String(event)}"`);
  }
}

/** A packet that also has the names by which users of MQTT.js know the most used fields. */
function inMqttJs(packet: Packet): unknown {
  const { type } = packet;
  return {
    ...packet,
    cmd: type,
    ...('topicName' in packet && { topic: packet.topicName }),
    ...('packetIdentifier' in packet && { messageId: packet.packetIdentifier }),
  };
}
