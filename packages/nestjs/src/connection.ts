/** The connection of one server or client: opens and closes it, and tells what becomes of it in NestJS's words. */
import type { Logger } from '@nestjs/common';
import { type Client, type ClientStatus, createClient } from '@petrel/client';
import { type Packet, type PetrelError, UsageError } from '@petrel/protocol';
import { clientLink, firstConnection, Service, ServiceError } from '@petrel/service';
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
  readonly client: Client;
  readonly service: Service;
}

interface Listener {
  readonly event: keyof MqttEvents;
  readonly callback: (...args: never[]) => void;
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

/** Opened on demand, closed, and opened again as often as it is asked for. */
export class Connection {
  readonly #options: ResolvedOptions;
  readonly #status: StatusSink;
  readonly #logger: Logger;
  readonly #listeners: Listener[] = [];
  #opened: Opened | undefined;
  #opening: Promise<void> | undefined;

  constructor(options: ResolvedOptions, status: StatusSink, logger: Logger) {
    this.#options = options;
    this.#status = status;
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
    // What never was connected has nothing to finish.
    if (opened.client.server === undefined) opened.client.destroy();
    else await opened.service.close();
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
    if (this.#opened !== undefined) listen(this.#opened.client, listener);
  }

  #open(attempts: number): Promise<void> {
    const { connection, service: settings, nest } = connectionOptions(this.#options, this);
    const client = createClient(connection);
    const service = new Service(clientLink(client, connection), { dialect: nestDialect(nest), ...settings });
    this.#opened = { client, service };
    this.#observe(client, service);
    for (const listener of this.#listeners) listen(client, listener);
    return firstConnection(client, attempts);
  }

  /** The client has given up by itself: what waits for it fails, and the next use begins anew. */
  #forget(service: Service): void {
    this.#opened = undefined;
    this.#opening = undefined;
    service.close().catch((error: unknown) => this.#logger.error(error));
  }

  #observe(client: Client, service: Service): void {
    client.on('status', (status) => {
      const inNest = statusInNest[status];
      if (inNest !== undefined) this.#status.next(inNest);
      if (status === 'closed' && this.#opened?.client === client) this.#forget(service);
    });
    const fieldsOf = ({ code, reasonCode }: PetrelError) => ({
      clientIdentifier: client.clientIdentifier,
      code,
      ...(reasonCode !== undefined && { reasonCode }),
    });
    client.on('disconnect', (error) =>
      this.#logger.warn(`Connection lost (${error.message}), reconnecting`, fieldsOf(error)),
    );
    client.on('error', (error) => this.#logger.error(error.message, fieldsOf(error)));
  }
}

function listen(client: Client, { event, callback }: Listener): void {
  const call = callback as (...args: unknown[]) => void;
  switch (event) {
    case 'connect':
      return void client.on('connect', call);
    case 'close':
      // Also the end of what was connected by close(), which is no loss.
      return void client.on('status', (status) => (status === 'offline' || status === 'closed') && call());
    case 'reconnect':
      return void client.on('status', (status) => status === 'reconnecting' && call());
    case 'offline':
      return void client.on('status', (status) => status === 'offline' && call());
    case 'end':
      return void client.on('status', (status) => status === 'closed' && call());
    case 'error':
      return void client.on('error', call);
    case 'disconnect':
      return void client.on(
        'packetReceive',
        (packet) => packet.type === 'disconnect' && call(inMqttJs(packet)),
      );
    case 'packetreceive':
      return void client.on('packetReceive', (packet) => call(inMqttJs(packet)));
    case 'packetsend':
      return void client.on('packetSend', (packet) => call(inMqttJs(packet)));
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
