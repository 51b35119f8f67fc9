/** Many bad clients at once, each of a kind that has broken some broker. Every one lives for a few seconds, and then another comes. */
import { connect as connectSocket, type Socket } from 'node:net';
import { encodePacket, type Packet, type ProtocolVersion } from '@petrel/protocol';
import { connectPacket, type SeededRandom } from '@petrel/testing';
import { clientPackets, connect } from '../grammar/packets.js';
import { someSequence } from '../grammar/sequence.js';
import { hostileAddresses, users } from './users.js';

/** What a bad client has to do its work with. */
interface Stage {
  readonly random: SeededRandom;
  readonly socket: Socket;
  send(...parts: readonly (Packet | Uint8Array)[]): void;
  /** Resolves early when the connection is over. */
  pause(ms: number): Promise<void>;
}

type Act = (stage: Stage) => Promise<void>;

const flags = { qos: 0, retain: false, dup: false, packetIdentifier: 0, properties: {} } as const;

const { userName, password } = users.hostile;

function greeting(clientIdentifier: string, sessionExpiryInterval = 0): Packet {
  const properties = { sessionExpiryInterval };
  return { ...connectPacket(5), clientIdentifier, userName, password: Buffer.from(password), properties };
}

function subscription(topicFilter: string, packetIdentifier: number): Packet {
  const terms = { qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  return { type: 'subscribe', packetIdentifier, subscriptions: [{ topicFilter, ...terms }], properties: {} };
}

/** By name, for the report. */
export const acts: Readonly<Record<string, Act>> = {
  async 'bytes at random'({ random, send, pause }) {
    send(random.bytes(random.integer(1, 4_000)));
    await pause(500);
  },
  async 'mutated packets'({ random, send, pause }) {
    for (const piece of someSequence(random, { first: connect, later: clientPackets })) {
      send(piece);
      await pause(random.integer(0, 20));
    }
    await pause(500);
  },
  async 'mutated packets behind a login'({ random, send, pause }) {
    send(greeting(`mutant-${random.integer(0, 99)}`));
    for (const piece of someSequence(random, { first: random.pick(clientPackets), later: clientPackets })) {
      send(piece);
      await pause(random.integer(0, 20));
    }
    await pause(500);
  },
  async 'a wrong password'({ random, send, pause }) {
    const guess = { userName: random.pick(['good', 'nobody', userName]), password: random.bytes(8) };
    send({ ...greeting(`guess-${random.integer(0, 99)}`), ...guess } as Packet);
    await pause(1_000);
  },
  async 'half a CONNECT and silence'({ send, pause }) {
    send(Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0x7f, 0, 4, 0x4d));
    await pause(5_000);
  },
  async 'nothing at all'({ pause }) {
    await pause(5_000);
  },
  async 'one Client Identifier for all'({ random, send, pause }) {
    send(greeting(`taken-${random.integer(0, 2)}`, random.pick([0, 5])));
    await pause(1_000);
  },
  async 'subscribes to everything and reads nothing'({ random, socket, send, pause }) {
    send(greeting(`frozen-${random.integer(0, 99)}`), subscription('#', 1));
    socket.pause();
    await pause(4_000);
  },
  async 'a thousand filters'({ random, send, pause }) {
    send(greeting(`filters-${random.integer(0, 99)}`));
    for (let number = 1; number <= 1_000; number++)
      send(subscription(`flood/${random.integer(0, 1e9)}/+/#`, number));
    await pause(1_000);
  },
  async 'retained messages without end'({ random, send, pause }) {
    send(greeting(`retained-${random.integer(0, 99)}`));
    for (let count = 0; count < 200; count++) {
      const payload = random.bytes(random.integer(0, 200));
      send({
        type: 'publish',
        ...flags,
        topicName: `flood/${random.integer(0, 9_999)}`,
        payload,
        retain: true,
      });
    }
    await pause(500);
  },
  async 'QoS 2 that is never released'({ random, send, pause }) {
    send(greeting(`qos2-${random.integer(0, 99)}`, 5));
    for (let packetIdentifier = 1; packetIdentifier <= 60; packetIdentifier++) {
      send({
        type: 'publish',
        ...flags,
        topicName: 'flood/qos2',
        payload: random.bytes(100),
        qos: 2,
        packetIdentifier,
      });
    }
    await pause(1_000);
  },
  async 'a session that nobody comes back to'({ random, send, pause }) {
    send(greeting(`absent-${random.integer(0, 999)}`, 30), subscription('flood/#', 1));
    await pause(200);
  },
  async 'a Will and a cut cable'({ random, socket, send, pause }) {
    const will = {
      topicName: 'flood/wills',
      payload: random.bytes(500),
      qos: 1,
      retain: true,
      properties: {},
    } as const;
    send({ ...greeting(`will-${random.integer(0, 999)}`), will } as Packet);
    await pause(100);
    socket.resetAndDestroy();
  },
  async 'publishes as fast as it can'({ random, socket, send, pause }) {
    send(greeting(`loud-${random.integer(0, 99)}`));
    const message = encodePacket(
      { type: 'publish', ...flags, topicName: 'flood/loud', payload: random.bytes(1_000) },
      5,
    );
    for (let count = 0; count < 500 && socket.writableLength < 1_048_576; count++) send(message);
    await pause(1_000);
  },
};

/** Keeps a number of bad clients busy until it is stopped. */
export class HostileCrowd {
  readonly #port: number;
  readonly #random: SeededRandom;
  readonly #running = new Set<Promise<void>>();
  readonly #sockets = new Set<Socket>();
  #isOver = false;
  /** Connections that were opened. */
  opened = 0;

  constructor(port: number, random: SeededRandom) {
    this.#port = port;
    this.#random = random;
  }

  start(size: number): void {
    for (let count = 0; count < size; count++) {
      const running = this.#live();
      this.#running.add(running);
    }
  }

  /** Ends all of them. */
  async stop(): Promise<void> {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#running);
  }

  async #live(): Promise<void> {
    const names = Object.keys(acts);
    while (!this.#isOver) {
      const act = acts[this.#random.pick(names)] as Act;
      await this.#perform(act);
    }
  }

  async #perform(act: Act): Promise<void> {
    const localAddress = this.#random.pick(hostileAddresses);
    const socket = connectSocket({ port: this.#port, host: '127.0.0.1', localAddress, noDelay: true });
    this.#sockets.add(socket);
    this.opened++;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    // Being thrown out is what these are for.
    socket.on('error', () => {});
    socket.on('data', () => {});
    const version: ProtocolVersion = 5;
    await act({
      random: this.#random,
      socket,
      send: (...parts) => {
        for (const part of parts) {
          if (socket.destroyed) return;
          socket.write(part instanceof Uint8Array ? part : encodePacket(part, version));
        }
      },
      pause: (ms) => {
        let timer: NodeJS.Timeout | undefined;
        const over = new Promise<void>((resolve) => {
          timer = setTimeout(resolve, ms);
        });
        return Promise.race([over, closed]).finally(() => clearTimeout(timer));
      },
    });
    socket.destroy();
    await closed;
    this.#sockets.delete(socket);
  }
}
