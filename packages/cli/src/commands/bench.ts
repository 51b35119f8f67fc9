/** `petrel bench`: how many messages a broker takes and gives, and how long they are on their way. */
import { type Client, type ClientOptions, connect } from '@petrel/client';
import { type Command, readInteger, readOperands, readQoS } from '../command.js';
import { readConnection } from '../connection-arguments.js';
import { connectionHelp, connectionOptions, spellings } from '../connection-options.js';
import { readArguments } from '../read-arguments.js';
import { pause, type Terminal } from '../terminal.js';

const options = {
  ...connectionOptions,
  topic: { type: 'string', short: 't' },
  qos: { type: 'string', short: 'q' },
  pairs: { type: 'string', short: 'n' },
  seconds: { type: 'string' },
  size: { type: 'string' },
  window: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** The command `bench`. */
export const benchCommand: Command = {
  summary: 'measure a broker with publishers and subscribers',
  options,
  help: `petrel bench [options]

Pairs of a publisher and a subscriber, each pair on a topic of its own. A publisher has so many messages on their way at a time, and sends
the next one when one has arrived: nothing piles up, and what is measured is what the broker does. Prints messages per second and how
long a message takes. One process can measure a broker only as far as it keeps up itself: npm run bench of the repository goes further.

  -n, --pairs N              default 1
  -q, --qos 0|1|2            default 0
      --seconds N            default 5, behind one second that does not count
      --size BYTES           of a payload, 16 or more (default 64)
      --window N             messages that one publisher has on their way (default 100)
  -t, --topic TOPIC          topics begin with it (default petrel-bench)
      --json                 one JSON object

${connectionHelp}`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options, spellings());
    readOperands(positionals);
    const atLeastOne = (name: 'pairs' | 'seconds' | 'window', maximum: number) =>
      readInteger(name, values[name], { minimum: 1, maximum });
    const load: Load = {
      pairs: atLeastOne('pairs', 1_000) ?? 1,
      seconds: atLeastOne('seconds', 86_400) ?? 5,
      window: atLeastOne('window', 10_000) ?? 100,
      size: readInteger('size', values.size, { minimum: 16, maximum: 1_048_576, unit: 'bytes' }) ?? 64,
      qos: readQoS(values.qos) ?? 0,
      topic: values.topic ?? 'petrel-bench',
    };
    const connection = await readConnection(values);
    const figures = await measure(load, connection, terminal);
    if (values.json) {
      terminal.out(JSON.stringify({ ...load, ...figures }));
      return;
    }
    const { messages, perSecond, medianMs, p99Ms, maximumMs } = figures;
    terminal.out(`${count(messages)} messages, ${count(perSecond)} per second`);
    terminal.out(`on their way: median ${medianMs} ms, 99 % within ${p99Ms} ms, longest ${maximumMs} ms`);
  },
};

interface Load {
  readonly pairs: number;
  readonly seconds: number;
  readonly window: number;
  readonly size: number;
  readonly qos: 0 | 1 | 2;
  readonly topic: string;
}

interface Figures {
  readonly messages: number;
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maximumMs: number;
}

async function measure(load: Load, connection: ClientOptions, terminal: Terminal): Promise<Figures> {
  const clients: Client[] = [];
  const open = async (): Promise<Client> => {
    // A name would be the same for all of them.
    const client = await connect({ ...connection, clientIdentifier: undefined, cleanStart: true });
    client.on('error', (error) => terminal.err(error.message));
    clients.push(client);
    return client;
  };
  const arrivals = new Arrivals();
  try {
    const pairs = await Promise.all(
      Array.from({ length: load.pairs }, (_, index) => openPair(load, index, open, arrivals)),
    );
    for (const pair of pairs) pair.start();
    await pause(1_000, terminal);
    arrivals.begin();
    for (let second = 1; second <= load.seconds && !terminal.interrupted.aborted; second++) {
      const before = arrivals.count;
      await pause(1_000, terminal);
      terminal.err(`second ${second} of ${load.seconds}: ${count(arrivals.count - before)} messages`);
    }
    return arrivals.end();
  } finally {
    arrivals.stop();
    for (const client of clients) client.destroy();
  }
}

async function openPair(load: Load, index: number, open: () => Promise<Client>, arrivals: Arrivals) {
  const { topic, qos, size, window } = load;
  const topicName = `${topic}/${process.pid}/${index}`;
  const [subscriber, publisher] = [await open(), await open()];
  const send = () => {
    if (arrivals.isStopped) return;
    const payload = Buffer.alloc(size);
    payload.writeDoubleBE(performance.now(), 0);
    publisher.publish(topicName, payload, { qos }).catch(() => arrivals.stop());
  };
  await subscriber.subscribe(topicName, { qos }, ({ payload }) => {
    arrivals.note(performance.now() - Buffer.from(payload).readDoubleBE(0));
    send();
  });
  return {
    start: () => {
      for (let sent = 0; sent < window; sent++) send();
    },
  };
}

/** Times are counted in classes that are one percent wide: as many messages as there may be, they take the same memory. */
const base = 1.01;
const shortestMs = 0.001;
const classes = 2_400;

/** How long each message took, from begin() on. */
class Arrivals {
  readonly #counts = new Float64Array(classes);
  #maximumMs = 0;
  #beganAt: number | undefined;
  count = 0;
  isStopped = false;

  note(ms: number): void {
    if (this.#beganAt === undefined || this.isStopped) return;
    const index = Math.floor(Math.log(Math.max(ms, shortestMs) / shortestMs) / Math.log(base));
    const at = Math.min(index, classes - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#maximumMs = Math.max(this.#maximumMs, ms);
    this.count += 1;
  }

  begin(): void {
    this.#beganAt = performance.now();
  }

  stop(): void {
    this.isStopped = true;
  }

  end(): Figures {
    this.stop();
    const seconds = (performance.now() - (this.#beganAt ?? 0)) / 1_000;
    return {
      messages: this.count,
      perSecond: Math.round(this.count / seconds),
      medianMs: this.#within(0.5),
      p99Ms: this.#within(0.99),
      maximumMs: rounded(this.#maximumMs),
    };
  }

  /** The time within which a share of the messages arrived. */
  #within(share: number): number {
    let rest = share * this.count;
    const index = this.#counts.findIndex((each) => {
      rest -= each;
      return rest <= 0;
    });
    return rounded(Math.min(shortestMs * base ** (index + 1), this.#maximumMs));
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
