/** Well-behaved pairs of clients: what one publishes the other must get, in order, and neither loses its connection. */
import { connect as connectSocket } from 'node:net';
import { type Client, connect } from '@petrel/client';
import { goodAddress, users } from './users.js';

/** What was wrong, and how long messages took. */
export interface Traffic {
  readonly published: number;
  readonly received: number;
  /** Sentences; empty when all is well. */
  readonly faults: readonly string[];
}

const payloadBytes = 32;
/** Between two rounds of messages. */
const everyMs = 20;

/** Publishes at a fixed rate until it is stopped. */
export class GoodTraffic {
  readonly #port: number;
  readonly #pairs: Pair[] = [];
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  /** Milliseconds from publish to receipt, since they were taken last. */
  #latencies: number[] = [];
  #roundAt = 0;
  #worstDelayMs = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async start(pairs: number, messagesPerSecond: number): Promise<void> {
    for (let index = 0; index < pairs; index++) {
      this.#pairs.push(await openPair(this.#port, index, (ms) => this.#latencies.push(ms)));
    }
    const startedAt = performance.now();
    this.#roundAt = startedAt;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#worstDelayMs = Math.max(this.#worstDelayMs, now - this.#roundAt - everyMs);
      this.#roundAt = now;
      // As many as are due: a process that was late does not make the load smaller.
      const due = Math.floor(((now - startedAt) * messagesPerSecond) / 1_000);
      while (this.#next < due) this.#pairs[this.#next++ % this.#pairs.length]?.publish();
    }, everyMs);
  }

  takeLatencies(): readonly number[] {
    const taken = this.#latencies;
    this.#latencies = [];
    return taken;
  }

  /** How late this process was at worst, since it was asked last: what the latencies may have from here and not from the broker. */
  takeDelayMs(): number {
    const taken = this.#worstDelayMs;
    this.#worstDelayMs = 0;
    return taken;
  }

  /** Stops publishing, waits for what is on its way and closes everything. */
  async stop(patienceMs: number): Promise<Traffic> {
    clearInterval(this.#timer);
    await Promise.all(this.#pairs.map((pair) => pair.finish(patienceMs)));
    await Promise.all(this.#pairs.map((pair) => pair.close()));
    return {
      published: sum(this.#pairs.map(({ published }) => published)),
      received: sum(this.#pairs.map(({ received }) => received)),
      faults: this.#pairs.flatMap(({ faults }) => faults),
    };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}

async function openPair(port: number, index: number, onLatency: (ms: number) => void): Promise<Pair> {
  const stream = () =>
    connectSocket({ port, host: '127.0.0.1', localAddress: goodAddress(index), noDelay: true });
  const publisher = await connect({ stream, ...users.good, clientIdentifier: `good-publisher-${index}` });
  const subscriber = await connect({ stream, ...users.good, clientIdentifier: `good-subscriber-${index}` });
  const pair = new Pair(index, publisher, subscriber, onLatency);
  await pair.subscribe();
  return pair;
}

class Pair {
  published = 0;
  received = 0;
  readonly faults: string[] = [];
  readonly #topicName: string;
  readonly #qos: 1 | 2;
  readonly #publisher: Client;
  readonly #subscriber: Client;
  readonly #onLatency: (ms: number) => void;
  #onReceived = () => {};

  constructor(index: number, publisher: Client, subscriber: Client, onLatency: (ms: number) => void) {
    this.#topicName = `good/${index}`;
    this.#qos = index % 2 === 0 ? 1 : 2;
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#onLatency = onLatency;
    for (const client of [publisher, subscriber]) {
      client.on('disconnect', (error) => this.#fault(`lost its connection: ${error.message}`));
      client.on('error', (error) => this.#fault(error.message));
    }
  }

  async subscribe(): Promise<void> {
    await this.#subscriber.subscribe(this.#topicName, { qos: 2 }, ({ payload }) => {
      const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
      const number = view.getUint32(0);
      if (number !== this.received) this.#fault(`got message ${number} where ${this.received} was due`);
      this.received = number + 1;
      this.#onLatency(performance.now() - view.getFloat64(4));
      this.#onReceived();
    });
  }

  publish(): void {
    const payload = new Uint8Array(payloadBytes);
    const view = new DataView(payload.buffer);
    view.setUint32(0, this.published++);
    view.setFloat64(4, performance.now());
    this.#publisher
      .publish(this.#topicName, payload, { qos: this.#qos })
      .catch((error: Error) => this.#fault(error.message));
  }

  async finish(patienceMs: number): Promise<void> {
    const isThere = () => this.received >= this.published;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      this.#onReceived = () => {
        if (!isThere()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onReceived();
    });
    if (!isThere()) this.#fault(`${this.published - this.received} messages are missing`);
  }

  async close(): Promise<void> {
    await Promise.all([this.#publisher.close(), this.#subscriber.close()]);
  }

  #fault(what: string): void {
    // The first ones tell the story.
    if (this.faults.length < 5) this.faults.push(`${this.#topicName}: ${what}`);
  }
}
