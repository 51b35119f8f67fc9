/** The load of `petrel bench`: publishers, their subscribers, connections that only stay, and what was seen of them. */
import { performance } from 'node:perf_hooks';
import { type Client, type ClientOptions, createClient } from '@petrel/client';
import { orInterrupted, pause, type Terminal } from '../terminal.js';
import { Latencies, type LatencyFigures } from './latencies.js';

/** What is asked for. */
export interface Load {
  readonly pairs: number;
  /** Of each publisher. */
  readonly subscribers: number;
  /** That do nothing. */
  readonly connections: number;
  readonly seconds: number;
  /** Messages a second of all publishers together; undefined where each sends as fast as its messages arrive. */
  readonly rate: number | undefined;
  /** Messages that a publisher without a rate has on their way. */
  readonly window: number;
  /** Bytes. */
  readonly size: number;
  readonly qos: 0 | 1 | 2;
  readonly topic: string;
}

/** What was seen while it counted. */
export interface Figures extends LatencyFigures {
  readonly measuredSeconds: number;
  readonly connectMs: number;
  readonly sent: number;
  /** At subscribers. */
  readonly messages: number;
  readonly perSecond: number;
  /** The share of the time that this process was at work, 0–1: near 1, it is what was measured. */
  readonly busy: number;
}

// So many handshakes at once tell how fast a broker takes clients, and not how it takes a flood.
const handshakesAtOnce = 50;
const warmUpMs = 1_000;
/** A publisher with a rate looks at the clock so often. */
const tickMs = 1;

/** Runs it; rejects with the first thing that goes wrong, as figures of half a load would be wrong. */
export async function runLoad(
  load: Load,
  connection: ClientOptions,
  terminal: Terminal,
  onSecond: (second: number, messages: number) => void,
): Promise<Figures> {
  const run = new LoadRun(load, connection, terminal);
  try {
    return await run.measure(onSecond);
  } finally {
    run.stop();
  }
}

class LoadRun {
  readonly #load: Load;
  readonly #connection: ClientOptions;
  readonly #terminal: Terminal;
  readonly #clients: Client[] = [];
  #latencies = new Latencies();
  #sent = 0;
  #counts = false;
  #isStopped = false;
  #fail: (error: Error) => void = () => {};
  readonly #failed = new Promise<never>((_resolve, reject) => {
    this.#fail = reject;
  });

  constructor(load: Load, connection: ClientOptions, terminal: Terminal) {
    this.#load = load;
    this.#connection = connection;
    this.#terminal = terminal;
    // Whoever waits next hears of it.
    this.#failed.catch(() => {});
  }

  async measure(onSecond: (second: number, messages: number) => void): Promise<Figures> {
    const { pairs, subscribers, connections, seconds } = this.#load;
    const began = performance.now();
    await orInterrupted(this.#open(pairs * (1 + subscribers) + connections), this.#terminal);
    const connectMs = performance.now() - began;
    const starts = await orInterrupted(
      Promise.all(Array.from({ length: pairs }, (_, index) => this.#prepare(index))),
      this.#terminal,
    );
    for (const start of starts) start();
    await this.#pass(warmUpMs);
    this.#counts = true;
    const from = performance.now();
    const idle = performance.eventLoopUtilization();
    for (let second = 1; second <= seconds && !this.#terminal.interrupted.aborted; second++) {
      const before = this.#latencies.count;
      await this.#pass(1_000);
      onSecond(second, this.#latencies.count - before);
    }
    this.#counts = false;
    const measuredSeconds = (performance.now() - from) / 1_000;
    return {
      measuredSeconds: Math.round(measuredSeconds * 1_000) / 1_000,
      connectMs: Math.round(connectMs),
      sent: this.#sent,
      messages: this.#latencies.count,
      perSecond: Math.round(this.#latencies.count / Math.max(measuredSeconds, 0.001)),
      ...this.#latencies.figures(),
      busy: Math.round(performance.eventLoopUtilization(idle).utilization * 100) / 100,
    };
  }

  stop(): void {
    this.#isStopped = true;
    for (const client of this.#clients) client.destroy();
  }

  async #pass(ms: number): Promise<void> {
    await Promise.race([pause(ms, this.#terminal), this.#failed]);
  }

  async #open(count: number): Promise<void> {
    let left = count;
    const openSome = async () => {
      while (left-- > 0 && !this.#isStopped) {
        // A name would be the same for all of them; one that is lost is the end of the run.
        const own = { clientIdentifier: undefined, cleanStart: true, reconnect: false } as const;
        const client = createClient({ ...this.#connection, ...own });
        this.#clients.push(client);
        await client.connected();
        client.on('disconnect', (error) => !this.#isStopped && this.#fail(error));
        client.on('error', (error) => this.#terminal.err(error.message));
      }
    };
    await Promise.all(Array.from({ length: Math.min(count, handshakesAtOnce) }, openSome));
  }

  /** Gives back what begins to send. */
  async #prepare(index: number): Promise<() => void> {
    const { topic, qos, rate, window, subscribers } = this.#load;
    const topicName = `${topic}/${process.pid}/${index}`;
    const first = index * (1 + subscribers);
    const publisher = this.#clients[first] as Client;
    let arrived = 0;
    const take = (sentAt: number): void => {
      if (this.#counts) this.#latencies.note(performance.now() - sentAt);
      arrived += 1;
      if (rate === undefined && arrived % subscribers === 0)
        this.#send(publisher, topicName, performance.now());
    };
    const receivers = this.#clients.slice(first + 1, first + 1 + subscribers);
    await Promise.all(
      receivers.map((receiver) =>
        receiver.subscribe(topicName, { qos }, ({ payload }) =>
          take(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).readDoubleBE(0)),
        ),
      ),
    );
    if (rate !== undefined) return () => this.#sendAt(rate / this.#load.pairs, publisher, topicName);
    return () => {
      for (let sent = 0; sent < window; sent++) this.#send(publisher, topicName, performance.now());
    };
  }

  /** On time, whether earlier ones have arrived or not; a message that is late counts from when it was due. */
  #sendAt(perSecond: number, publisher: Client, topicName: string): void {
    const began = performance.now();
    let sent = 0;
    const tick = () => {
      if (this.#isStopped) return clearInterval(timer);
      const due = Math.floor(((performance.now() - began) * perSecond) / 1_000);
      for (; sent < due; sent++) this.#send(publisher, topicName, began + ((sent + 1) * 1_000) / perSecond);
    };
    const timer = setInterval(tick, tickMs);
  }

  #send(publisher: Client, topicName: string, at: number): void {
    if (this.#isStopped) return;
    if (this.#counts) this.#sent += 1;
    const { size, qos } = this.#load;
    const payload = Buffer.alloc(size);
    payload.writeDoubleBE(at, 0);
    publisher
      .publish(topicName, payload, { qos })
      .catch((error: Error) => !this.#isStopped && this.#fail(error));
  }
}
