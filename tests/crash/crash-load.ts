/**
 * Clients under whose hands a broker dies, again and again, and what they were promised: every message that was acknowledged, by whom it was
 * received, every Will of an accepted CONNECT. The checks look at nothing else.
 */
import { type Client, connect } from '@petrel/client';
import type { SeededRandom } from '@petrel/testing';
import { Ledger } from './ledger.js';

const lasting = { sessionExpiryInterval: 3600, keepAlive: 0, protocolVersion: 5 } as const;

/** What is retained from the start on, more than anybody takes at once. */
const library = Array.from({ length: 400 }, (_, index) => `library/${index}`);

/** Who is owed every message of the load; of the group, one member. */
const receivers = { twice: 0, visitor: 1, group: 2 } as const;

/** All clients of one run. */
export class CrashLoad {
  readonly #url: string;
  readonly #random: SeededRandom;
  readonly #clients: Client[] = [];
  readonly #load = new Ledger(3);
  readonly #wills = new Ledger(1);
  /** What came at QoS 2, and to the visitor, in order. */
  readonly #twice: string[] = [];
  readonly #visitorGot: string[] = [];
  readonly #publishing = new Set<Promise<void>>();
  readonly #retained = new Map<string, { sent: number; acknowledged: number }>();
  /** Each settles when a newcomer has everything that was retained when it subscribed. */
  readonly #newcomers: Promise<void>[] = [];
  readonly #outdated: string[] = [];
  #visitor: Client | undefined;
  #isRunning = true;

  constructor(url: string, random: SeededRandom) {
    this.#url = url;
    this.#random = random;
  }

  /** Messages acknowledged so far. */
  get acknowledged(): number {
    return this.#load.promised;
  }

  /** Settles with the given acknowledgement from now on. */
  more(count: number): Promise<void> {
    const wanted = this.acknowledged + count;
    return this.#load.until(() => this.acknowledged >= wanted);
  }

  async start(): Promise<void> {
    await this.#receiver('twice', 'load/#', 2, (message) => {
      this.#twice.push(message);
      this.#load.receive(message, receivers.twice);
    });
    await this.#receiver('wills', 'will/#', 1, (message) => this.#wills.receive(message, 0));
    for (const member of ['one', 'two']) {
      await this.#receiver(`shared ${member}`, '$share/group/load/#', 1, (message) =>
        this.#load.receive(message, receivers.group),
      );
    }
    await this.#visit();
    const librarian = await this.#connect('librarian');
    this.#clients.push(librarian);
    await Promise.all(
      library.map((topicName) => librarian.publish(topicName, topicName, { qos: 1, retain: true })),
    );
    for (const qos of [1, 2] as const) {
      for (let index = 0; index < 3; index++) await this.#publisher(`p${qos}${index}`, qos);
    }
  }

  /** The visitor of this moment goes, and comes back as another program with the same session; somebody with a Will comes, to be cut off. */
  async change(): Promise<void> {
    if (this.#random.chance(0.5)) await this.#visit();
    const name = `mortal ${this.#wills.promised}`;
    const mortal = await connect({
      url: this.#url,
      ...lasting,
      clientIdentifier: name,
      reconnect: false,
      will: { topicName: `will/${name}`, payload: name, qos: 1 },
    }).catch(() => undefined);
    if (mortal === undefined) return;
    this.#clients.push(mortal);
    this.#wills.promise(name);
    await this.#newcomer(`newcomer ${this.#wills.promised}`);
  }

  /** Looks at what is retained right after a restart: the last value that was acknowledged, or one behind it, of every topic. */
  async look(): Promise<void> {
    const wanted = new Map([...this.#retained].map(([name, { acknowledged }]) => [name, acknowledged]));
    const client = await connect({ url: this.#url, protocolVersion: 5 });
    const found = new Map<string, number>();
    await new Promise<void>((resolve, reject) => {
      const take = (topicName: string, value: number): void => {
        if (!found.has(topicName)) found.set(topicName, value);
        if ([...wanted].every(([name, acknowledged]) => acknowledged === -1 || found.has(name))) resolve();
      };
      client
        .subscribe('state/#', (message) => take(message.topicName, Number(message.text())))
        .then(() => take('', 0), reject);
    });
    for (const [name, acknowledged] of wanted) {
      const value = found.get(name) ?? -1;
      if (value < acknowledged)
        this.#outdated.push(`${name} was ${value}, but ${acknowledged} was acknowledged`);
    }
    await client.close();
  }

  /** Ends the load; settles when everybody has what was promised. */
  async finish(): Promise<void> {
    this.#isRunning = false;
    await Promise.all(this.#publishing);
    await Promise.all([
      this.#load.until(() => this.#load.owed === 0),
      this.#wills.until(() => this.#wills.owed === 0),
      ...this.#newcomers,
    ]);
    await this.look();
  }

  /** Promises that were broken in another way than by loss. */
  get broken(): string[] {
    return [
      ...duplicates(this.#twice),
      ...disorder(this.#twice),
      ...disorder(this.#visitorGot),
      ...this.#outdated,
    ];
  }

  destroy(): void {
    this.#isRunning = false;
    for (const client of this.#clients) client.destroy();
    this.#visitor?.destroy();
  }

  async #connect(clientIdentifier: string): Promise<Client> {
    return connect({
      url: this.#url,
      ...lasting,
      clientIdentifier,
      cleanStart: false,
      initialConnectAttempts: Number.POSITIVE_INFINITY,
      reconnect: { minDelayMs: 10, maxDelayMs: 50 },
    });
  }

  async #receiver(
    name: string,
    topicFilter: string,
    qos: 1 | 2,
    take: (message: string) => void,
  ): Promise<Client> {
    const client = await this.#connect(name);
    this.#clients.push(client);
    await client.subscribe(topicFilter, { qos }, (message) => take(message.text()));
    return client;
  }

  /** A lasting session that subscribes to much that is retained: it gets all of it, whoever dies in between, and goes. */
  async #newcomer(name: string): Promise<void> {
    const client = await this.#connect(name);
    this.#clients.push(client);
    const lacking = new Set(library);
    let hasAll = (): void => {};
    this.#newcomers.push(
      new Promise((resolve) => {
        hasAll = resolve;
      }),
    );
    await client.subscribe('library/#', { qos: 1 }, (message) => {
      lacking.delete(message.topicName);
      if (lacking.size > 0) return;
      hasAll();
      client.destroy();
    });
  }

  async #visit(): Promise<void> {
    await this.#visitor?.close();
    this.#visitor = undefined;
    const visitor = await this.#connect('visitor');
    await visitor.subscribe('load/#', { qos: 1 }, (message) => {
      this.#visitorGot.push(message.text());
      this.#load.receive(message.text(), receivers.visitor);
    });
    this.#visitor = visitor;
  }

  async #publisher(name: string, qos: 1 | 2): Promise<void> {
    const client = await this.#connect(name);
    this.#clients.push(client);
    const retained = { sent: -1, acknowledged: -1 };
    this.#retained.set(`state/${name}`, retained);
    const lane = async (): Promise<void> => {
      for (let number = 0; this.#isRunning; number++) {
        const message = `${name}:${number}`;
        const sent = [client.publish(`load/${name}`, message, { qos })];
        if (number % 10 === 0) {
          retained.sent = number;
          sent.push(client.publish(`state/${name}`, String(number), { qos, retain: true }));
        }
        await Promise.all(sent);
        if (number % 10 === 0) retained.acknowledged = number;
        this.#load.promise(message);
      }
    };
    this.#publishing.add(lane());
  }
}

function duplicates(received: readonly string[]): string[] {
  const seen = new Set<string>();
  return received.filter((message) => seen.size === seen.add(message).size && message.startsWith('p2'));
}

function firstOfEach(received: readonly string[]): string[] {
  return [...new Set(received)];
}

/** Per publisher, each number is above the one before; a QoS 1 message may come again. */
function disorder(received: readonly string[]): string[] {
  const last = new Map<string, number>();
  const wrong: string[] = [];
  for (const message of firstOfEach(received)) {
    const [name, number] = message.split(':') as [string, string];
    if (Number(number) < (last.get(name) ?? -1)) wrong.push(`${message} came behind ${last.get(name)}`);
    last.set(name, Number(number));
  }
  return wrong;
}
