/** A broker in a process of its own, with little memory, and what floods it: sockets that write as much as they are let. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { LimitOptions, MetricsSnapshot } from '@petrel/broker';
import { type ConnectPacket, encodePacket, type Packet, type ProtocolVersion } from '@petrel/protocol';
import {
  connectPacket,
  type LaunchedProcess,
  launchProcess,
  RawPeer,
  serverCertificate,
  testAuthority,
} from '@petrel/testing';
import { afterEach, expect, vi } from 'vitest';

const program = fileURLToPath(new URL('broker.mjs', import.meta.url));
const mebibyte = 1_048_576;

/** What the process may keep, whatever it is flooded with: an idle one keeps 10 MiB, and the budgets below allow 96 MiB. */
const ceilingBytes = 160 * mebibyte;

/** Small bounds, so that a flood is over soon; each is one of the totals that no number of clients changes. */
const budgets = {
  maximumMemoryBytes: 48 * mebibyte,
  maximumOutboundBytes: 32 * mebibyte,
  maximumUnfinishedBytes: 16 * mebibyte,
} as const satisfies LimitOptions;

const opened: { readonly process: LaunchedProcess; readonly sockets: Set<Socket> }[] = [];

afterEach(async () => {
  for (const { process, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await process.stop();
  }
});

/** All figures of the broker, with what its process keeps in memory. */
export type Figures = MetricsSnapshot & { readonly kept: number };

/** One attacker: a socket that reads and forgets, or does not read at all. */
export class Attacker {
  constructor(
    readonly socket: Socket,
    readonly protocolVersion: ProtocolVersion,
  ) {}

  /** Settles when the bytes are out of this process, or nobody takes them any more; false then. */
  async send(...parts: readonly (Packet | Uint8Array)[]): Promise<boolean> {
    const { socket, protocolVersion } = this;
    const chunks = parts.map((part) =>
      part instanceof Uint8Array ? part : encodePacket(part, protocolVersion),
    );
    if (socket.destroyed || !socket.writable) return false;
    if (socket.write(Buffer.concat(chunks))) return true;
    return new Promise((resolve) => {
      const done = () => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve(!socket.destroyed);
      };
      socket.once('drain', done);
      socket.once('close', done);
    });
  }

  /** Writes again and again until the broker takes no more or has had enough of it. */
  async sendUpTo(bytes: number, piece: (index: number) => Packet | Uint8Array): Promise<void> {
    for (let index = 0; this.socket.bytesWritten < bytes; index++)
      if (!(await this.send(piece(index)))) return;
  }

  /** Gone without a word. */
  async vanish(): Promise<void> {
    this.socket.end();
    if (!this.socket.destroyed) await once(this.socket, 'close');
  }
}

/** The broker, with a client of good will on it. */
export class FloodedBroker {
  readonly #process: LaunchedProcess;
  readonly #port: number;
  readonly #securePort: number;
  readonly #sockets: Set<Socket>;
  readonly #bystander: RawPeer;
  #asked = 0;

  private constructor(process: LaunchedProcess, sockets: Set<Socket>, bystander: RawPeer) {
    this.#process = process;
    const [, port, securePort] = /^ready (\d+) (\d+)/m.exec(process.stdout) as RegExpExecArray;
    this.#port = Number(port);
    this.#securePort = Number(securePort);
    this.#sockets = sockets;
    this.#bystander = bystander;
  }

  static async start(limits: LimitOptions = {}): Promise<FloodedBroker> {
    const process = await launchProcess({
      command: globalThis.process.execPath,
      args: [
        '--expose-gc',
        '--max-old-space-size=256',
        program,
        JSON.stringify({ ...budgets, ...limits }),
        JSON.stringify(serverCertificate),
      ],
      ready: { line: /^ready / },
      readyTimeoutMs: 60_000,
    });
    const sockets = new Set<Socket>();
    opened.push({ process, sockets });
    const [, port] = /^ready (\d+)/m.exec(process.stdout) as RegExpExecArray;
    const bystander = await RawPeer.connect(Number(port), { timeoutMs: 60_000 });
    await bystander.connect({ clientIdentifier: 'bystander' });
    bystander.send({
      type: 'subscribe',
      packetIdentifier: 1,
      subscriptions: [
        { topicFilter: 'bystander', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
      properties: {},
    });
    await bystander.receive('suback');
    return new FloodedBroker(process, sockets, bystander);
  }

  /** A socket without CONNECT. */
  async stranger(protocolVersion: ProtocolVersion = 5): Promise<Attacker> {
    const socket = await this.#socket(this.#port);
    socket.resume();
    return new Attacker(socket, protocolVersion);
  }

  /** A socket of the TLS listener on which nothing was said yet. */
  rawSecure(): Promise<Socket> {
    return this.#socket(this.#securePort);
  }

  /** Fails unless somebody from another address of this machine gets in over TLS. */
  async assertLetsInSecurely(localAddress: string): Promise<void> {
    const raw = await this.#socket(this.#securePort, localAddress);
    const peer = new RawPeer(connectTls({ socket: raw, ca: testAuthority, servername: 'localhost' }), {
      timeoutMs: 60_000,
    });
    expect(await peer.connect()).toMatchObject({ reasonCode: 0 });
    peer.destroy();
  }

  async #socket(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    return socket;
  }

  /** A client; `isReading` false: nothing but the CONNACK is taken from its socket. */
  async client(fields: Partial<ConnectPacket> = {}, isReading = true): Promise<Attacker> {
    const attacker = await this.stranger(fields.protocolVersion);
    const { socket } = attacker;
    // Both, or a listener that is added first would let the data flow before the other one is there.
    const answered = Promise.race([once(socket, 'data'), once(socket, 'close')]);
    await attacker.send({ ...connectPacket(fields.protocolVersion), ...fields });
    await answered;
    if (!isReading) socket.pause();
    return attacker;
  }

  async figures(): Promise<Figures> {
    this.#asked += 1;
    const wanted = this.#asked;
    this.#process.write('\n');
    const pattern = new RegExp(`(?:^figures .*\\n[^]*){${wanted - 1}}^figures (.*)$`, 'm');
    const [, json = ''] = await this.#process.line(pattern, 60_000);
    return JSON.parse(json) as Figures;
  }

  /** Settles with the figures once they are so. */
  until(check: (figures: Figures) => void): Promise<Figures> {
    return vi.waitFor(
      async () => {
        const figures = await this.figures();
        check(figures);
        return figures;
      },
      { timeout: 60_000, interval: 100 },
    );
  }

  /** Fails unless somebody who has nothing to do with the flood is served at QoS 1, and the process keeps no more than its ceiling. */
  async assertStands(): Promise<Figures> {
    const peer = this.#bystander;
    peer.send({
      type: 'publish',
      topicName: 'bystander',
      payload: Buffer.from('still here'),
      qos: 1,
      retain: false,
      dup: false,
      packetIdentifier: 7,
      properties: {},
    });
    const answers = [await peer.receive(), await peer.receive()];
    expect(answers.find(({ type }) => type === 'puback')).toMatchObject({ reasonCode: 0 });
    const message = answers.find((answer) => answer.type === 'publish');
    if (message?.type !== 'publish') throw new Error('the message did not come');
    peer.send({ type: 'puback', packetIdentifier: message.packetIdentifier, reasonCode: 0, properties: {} });
    const figures = await this.figures();
    expect(this.#process.stderr).toBe('');
    expect(figures.kept).toBeLessThan(ceilingBytes);
    return figures;
  }
}
