/** What the client's tests share: a server that does what the test says, over in-memory streams, in a time that the test moves. */
import {
  type ConnackPacket,
  type ConnectPacket,
  noProperties,
  type PublishPacket,
  type SubscribePacket,
} from '@petrel/protocol';
import { duplexPair, FakeClock, RawPeer } from '@petrel/testing';
import type { Client } from './client.js';
import type { ClientEvents, ClientStatus } from './client-events.js';
import { createClient } from './index.js';
import type { ClientOptions } from './options.js';

/** The server's side of every connection that a client opens through `stream`. */
export class ScriptedServer {
  readonly clock = new FakeClock();
  readonly #waiting: RawPeer[] = [];
  readonly #takers: ((peer: RawPeer) => void)[] = [];

  /** For the option `stream`. */
  readonly stream = () => {
    const [near, far] = duplexPair();
    const peer = new RawPeer(far, { role: 'server' });
    const take = this.#takers.shift();
    if (take === undefined) this.#waiting.push(peer);
    else take(peer);
    return near;
  };

  /** Connections that nobody has accepted yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The next connection. */
  accept(): Promise<RawPeer> {
    const peer = this.#waiting.shift();
    return peer === undefined ? new Promise((resolve) => this.#takers.push(resolve)) : Promise.resolve(peer);
  }

  /** The next connection, its CONNECT answered. */
  async handshake(answer: Partial<ConnackPacket> = {}): Promise<{ peer: RawPeer; connect: ConnectPacket }> {
    const peer = await this.accept();
    const connect = await peer.receive('connect');
    peer.send(connack(answer));
    return { peer, connect };
  }

  /** A client of this server that tries again without delay once the clock moves. */
  client(options: Partial<ClientOptions> = {}): Client {
    return createClient({ stream: this.stream, clock: this.clock, keepAlive: 0, ...options });
  }

  /** A client of this server that is connected. */
  async connected(options: Partial<ClientOptions> = {}, answer: Partial<ConnackPacket> = {}) {
    const client = this.client(options);
    const { peer, connect } = await this.handshake(answer);
    await client.connected();
    return { client, peer, connect };
  }

  /** Cuts the connection, waits until the client has noticed, and lets it connect again. */
  async reconnected(client: Client, peer: RawPeer, answer: Partial<ConnackPacket> = {}) {
    peer.destroy();
    await whenStatus(client, 'offline');
    this.clock.advance(60_000);
    const again = await this.handshake(answer);
    await client.connected();
    return again;
  }
}

/** A CONNACK that accepts, with changes. */
export function connack(change: Partial<ConnackPacket> = {}): ConnackPacket {
  return { type: 'connack', sessionPresent: false, reasonCode: 0, properties: noProperties, ...change };
}

/** A PUBLISH as a server sends it, with changes. */
export function publish(change: Partial<PublishPacket> = {}): PublishPacket {
  return {
    type: 'publish',
    topicName: 'a/b',
    payload: new TextEncoder().encode('x'),
    qos: 0,
    retain: false,
    dup: false,
    packetIdentifier: 0,
    properties: noProperties,
    ...change,
  };
}

/** A QoS acknowledgement. */
export function answer<T extends 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'>(
  type: T,
  packetIdentifier: number,
  reasonCode = 0,
) {
  return { type, packetIdentifier, reasonCode, properties: noProperties } as const;
}

/** The SUBACK that grants, or answers with other codes. */
export function suback({ packetIdentifier, subscriptions }: SubscribePacket, ...reasonCodes: number[]) {
  const granted = subscriptions.map(({ qos }) => qos);
  const codes = reasonCodes.length > 0 ? reasonCodes : granted;
  return { type: 'suback', packetIdentifier, reasonCodes: codes, properties: noProperties } as const;
}

/** The UNSUBACK with one code. */
export function unsuback({ packetIdentifier }: { packetIdentifier: number }, reasonCode = 0) {
  return { type: 'unsuback', packetIdentifier, reasonCodes: [reasonCode], properties: noProperties } as const;
}

/** Resolves when the client's status is, or becomes, the wanted one. */
export function whenStatus(client: Client, wanted: ClientStatus): Promise<void> {
  return new Promise((resolve) => {
    client.on('status', (status) => {
      if (status === wanted) resolve();
    });
  });
}

/** Resolves with the arguments of the next event. */
export function nextEvent<E extends keyof ClientEvents>(client: Client, event: E): Promise<ClientEvents[E]> {
  return new Promise((resolve) => {
    const off = client.on(event, (...args) => {
      off();
      resolve(args);
    });
  });
}

/** Resolves once what the event loop has in hand is done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
