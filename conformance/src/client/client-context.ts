/** What one test of a client works with: a server of its own that the client connects to, and clients that are gone afterwards. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ConnackPacket, ConnectPacket } from '@petrel/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { NotApplicable } from '../conformance-test.js';
import type { TestedVersion } from '../statements.js';
import type { Received } from '../wire/peer.js';
import { socketTransport, type Transport, webSocketTransport } from '../wire/transport.js';
import type { ClientAdapter, TestedClient, TestedClientOptions, TestedMessage } from './adapter.js';
import { ServerPeer } from './server-peer.js';

/** A client under test whose promises may be left alone, and the messages that its application got. */
export type ObservedClient = TestedClient & {
  /** The next message, past or future. */
  nextMessage(): Promise<TestedMessage>;
  /** Messages that nobody asked for yet. */
  readonly unread: readonly TestedMessage[];
};

/** A client that is connected, the server's end of its connection, and its CONNECT. */
export interface Connected {
  readonly client: ObservedClient;
  readonly server: ServerPeer;
  readonly connect: Received<ConnectPacket>;
}

/** One test's server and clients. */
export class ClientContext {
  readonly version: TestedVersion;
  readonly adapter: ClientAdapter;
  readonly timeoutMs: number;
  readonly #arrived: ServerPeer[] = [];
  readonly #waiting: ((peer: ServerPeer) => void)[] = [];
  readonly #ends: (() => void)[] = [];

  constructor(adapter: ClientAdapter, version: TestedVersion, timeoutMs: number) {
    this.adapter = adapter;
    this.version = version;
    this.timeoutMs = timeoutMs;
  }

  get isVersion5(): boolean {
    return this.version === 5;
  }

  /** Ends the test as not applicable unless the client has what the test needs. */
  require(condition: unknown, reason: string): void {
    if (!condition) throw new NotApplicable(reason);
  }

  /** Lets time pass, for the few statements that only time can prove. */
  wait(seconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }

  /** Starts a client, which opens a connection that nobody has answered yet. */
  async start(
    options: Partial<TestedClientOptions> = {},
  ): Promise<{ client: ObservedClient; server: ServerPeer }> {
    const client = this.create({ url: await this.listen(), ...options });
    return { client, server: await this.accept() };
  }

  /** Starts a client, accepts its CONNECT, and waits until it has taken notice: it is connected, or has closed. */
  async connect(
    options: Partial<TestedClientOptions> = {},
    connack: Partial<ConnackPacket> = {},
  ): Promise<Connected> {
    const { client, server } = await this.start(options);
    const connected = client.connected().catch(() => {});
    const connect = await server.accept(connack);
    await Promise.race([connected, server.waitClosed().catch(() => {})]);
    return { client, server, connect };
  }

  /** Starts a client whose session lasts and that comes back when its connection is lost. */
  connectLasting(connack: Partial<ConnackPacket> = {}): Promise<Connected> {
    return this.connect({ cleanStart: false, sessionExpiryInterval: 3600, reconnect: true }, connack);
  }

  /** Cuts a connection and accepts the next one, on which the server still has the session unless said otherwise. */
  async reconnect(
    { client, server }: { readonly client: TestedClient; readonly server: ServerPeer },
    connack: Partial<ConnackPacket> = {},
  ): Promise<ServerPeer> {
    server.cut();
    const next = await this.accept();
    const connected = client.connected().catch(() => {});
    await next.accept({ sessionPresent: true, ...connack });
    await Promise.race([connected, next.waitClosed().catch(() => {})]);
    return next;
  }

  /** The next connection that a client opens, or the oldest nobody asked for. */
  accept(): Promise<ServerPeer> {
    const arrived = this.#arrived.shift();
    if (arrived !== undefined) return Promise.resolve(arrived);
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(
        () => reject(new Error(`no connection from the client within ${this.timeoutMs} ms`)),
        this.timeoutMs,
      );
      this.#waiting.push((peer) => {
        clearTimeout(timeout);
        resolve(peer);
      });
    });
  }

  /** Listens for TCP on a free loopback port. */
  async listen(): Promise<URL> {
    const server = createServer({ noDelay: true }, (socket) => this.#arrive(socketTransport(socket)));
    return new URL(`mqtt://127.0.0.1:${await this.#open(server)}`);
  }

  /** Listens for WebSockets on a free loopback port; `onSocket` sees each one with the subprotocols that its client offered. */
  async listenWebSocket(onSocket: (socket: WebSocket, offered: ReadonlySet<string>) => void): Promise<URL> {
    const http = createHttpServer();
    const sockets = new WebSocketServer({ server: http, handleProtocols: () => 'mqtt' });
    sockets.on('connection', (socket, request) => {
      const offered = request.headers['sec-websocket-protocol'] ?? '';
      onSocket(socket, new Set(offered.split(',').map((protocol) => protocol.trim())));
      this.#arrive(webSocketTransport(socket));
    });
    return new URL(`ws://127.0.0.1:${await this.#open(http)}/`);
  }

  /** Makes a client; the default is one for which nothing happens that the test does not ask for. */
  create(options: Partial<TestedClientOptions> & { readonly url: URL }): ObservedClient {
    const unread: TestedMessage[] = [];
    const takers: ((message: TestedMessage) => void)[] = [];
    const client = this.adapter.create(
      {
        protocolVersion: this.version,
        clientIdentifier: `conformance${Math.random().toString(36).slice(2, 12)}`,
        cleanStart: true,
        keepAlive: 0,
        reconnect: false,
        sessionExpiryInterval: 0,
        ...options,
      },
      (message) => {
        const taker = takers.shift();
        if (taker === undefined) unread.push(message);
        else taker(message);
      },
    );
    this.#ends.push(() => client.destroy());
    const { reauthenticate } = client;
    return {
      connected: () => observed(() => client.connected()),
      publish: (...args) => observed(() => client.publish(...args)),
      subscribe: (...args) => observed(() => client.subscribe(...args)),
      unsubscribe: (...args) => observed(() => client.unsubscribe(...args)),
      close: () => observed(() => client.close()),
      destroy: () => client.destroy(),
      ...(reauthenticate && { reauthenticate: () => observed(() => reauthenticate.call(client)) }),
      unread,
      nextMessage: () => this.#nextMessage(unread, takers),
    };
  }

  async cleanUp(): Promise<void> {
    for (const end of this.#ends) end();
  }

  #nextMessage(
    unread: TestedMessage[],
    takers: ((message: TestedMessage) => void)[],
  ): Promise<TestedMessage> {
    const message = unread.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(
        () => reject(new Error(`the application got no message within ${this.timeoutMs} ms`)),
        this.timeoutMs,
      );
      takers.push((found) => {
        clearTimeout(timeout);
        resolve(found);
      });
    });
  }

  #arrive(transport: Transport): void {
    const peer = new ServerPeer(transport, {
      otherEnd: 'client',
      protocolVersion: this.version,
      timeoutMs: this.timeoutMs,
    });
    this.#ends.push(() => peer.cut());
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#arrived.push(peer);
    else waiting(peer);
  }

  async #open(server: Server): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    server.listen({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    this.#ends.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }
}

/** A promise that a test may leave alone: its rejection is not an accident. */
function observed<T>(call: () => Promise<T>): Promise<T> {
  const promise = new Promise<T>((resolve) => resolve(call()));
  promise.catch(() => {});
  return promise;
}
