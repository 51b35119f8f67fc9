/** The client under a hostile server. Afterwards an honest one takes over, on which everything the program asked for must come to an end. */
import { type AuthenticationMethod, type Client, type ClientOptions, createClient } from '@petrel/client';
import { AuthenticationError } from '@petrel/protocol';
import { duplexPair, FakeClock, SeededRandom } from '@petrel/testing';
import { type Step, someInput } from '../fuzz-input.js';
import { firstServerPacket, serverPackets } from '../grammar/packets.js';
import { inProcess, until } from '../patience.js';
import type { Subject, Target } from '../target.js';
import { answerHonestly } from './honest-server.js';
import { ServerSide } from './server-side.js';

const longestKeepAliveMs = 65_535_000;

/** Answers anything, as long as nobody says "throw". */
const ask: AuthenticationMethod = {
  name: 'ask',
  begin: () => ({
    first: () => Promise.resolve(Buffer.from('yes')),
    answer: async (challenge) => {
      if (Buffer.from(challenge ?? []).toString() === 'throw') throw new AuthenticationError('no');
      return challenge;
    },
    complete: () => {},
  }),
};

/** The client target. */
export const clientTarget: Target = {
  name: 'client',
  sender: 'server',
  inputsPerSubject: 200,
  // One connection at a time: whatever is sent goes to the one that the client has now.
  someInput: (random) => someInput(random, { first: firstServerPacket, later: serverPackets }, 1),
  open: async () => ({
    run: (input) => new AttackedClient(input.setup).run(input.steps),
    close: async () => undefined,
  }),
} satisfies Target & { open(): Promise<Subject> };

/** One client, from its first connection to its close. */
class AttackedClient {
  readonly #clock = new FakeClock();
  readonly #connections: ServerSide[] = [];
  readonly #client: Client;
  /** What the program waits for. */
  readonly #open = new Set<string>();
  #isHonest = false;

  constructor(setup: number) {
    const random = new SeededRandom(setup);
    const options: ClientOptions = {
      stream: () => this.#accept(),
      clock: this.#clock,
      random: random.next,
      protocolVersion: random.pick(['auto', 5, 5, 4, 3] as const),
      cleanStart: random.chance(0.7),
      keepAlive: random.pick([0, 10, 60]),
      receiveMaximum: random.pick([1, 3, 1_000]),
      topicAliasMaximum: random.pick([0, 2]),
      automaticTopicAliases: random.chance(0.3),
      onSessionLost: random.pick(['resend', 'reject'] as const),
      ...(random.chance(0.2) && { maximumPacketSize: 200 }),
      ...(random.chance(0.3) && { authentication: ask, protocolVersion: 5 as const }),
      ...(random.chance(0.1) && { clientIdentifier: '', protocolVersion: 5 as const }),
    };
    this.#client = createClient({ clientIdentifier: 'attacked', ...options });
    this.#client.on('error', () => {});
    this.#use(random);
  }

  /** What a program does with a client, with all that can wait for a server. */
  #use(random: SeededRandom): void {
    const client = this.#client;
    for (const topicFilter of random.shuffle(['a', 'a/#', '+/b', '#', '$share/g/b']).slice(0, 4)) {
      const subscribed = client.subscribe(topicFilter, { qos: random.pick([0, 1, 2] as const) }, () => {
        if (random.chance(0.05)) throw new Error('a handler fails');
        return random.chance(0.3) ? Promise.resolve() : undefined;
      });
      this.#await(`subscribe ${topicFilter}`, subscribed);
    }
    for (const qos of [0, 1, 2, 1, 2] as const) {
      this.#await(`publish at QoS ${qos}`, client.publish('a/b', 'x'.repeat(random.pick([1, 150])), { qos }));
    }
    this.#await('unsubscribe', client.unsubscribe('never'));
    this.#await('authenticate again', client.reauthenticate());
  }

  /** Good and bad ends are both ends. */
  #await(what: string, promise: Promise<unknown>): void {
    const name = `${this.#open.size + 1} ${what}`;
    this.#open.add(name);
    const settled = () => this.#open.delete(name);
    promise.then(settled, settled);
  }

  #accept() {
    const [near, far] = duplexPair();
    const connection = new ServerSide(far);
    if (this.#isHonest) connection.onPacket = (packet) => answerHonestly(connection, packet);
    this.#connections.push(connection);
    return near;
  }

  get #current(): ServerSide | undefined {
    const last = this.#connections.at(-1);
    return last?.isClosed === true ? undefined : last;
  }

  async run(steps: readonly Step[]): Promise<string | undefined> {
    try {
      for (const step of steps) await this.#do(step);
      return (
        (await this.#findSilence()) ??
        (await this.#findUnfinished()) ??
        this.#connections.find(({ problem }) => problem !== undefined)?.problem
      );
    } finally {
      this.#client.destroy();
    }
  }

  async #do(step: Step): Promise<void> {
    if (step.kind === 'wait') {
      this.#clock.advance(step.ms);
      return;
    }
    // A connection that the client gave up is followed by the next one.
    await until(() => this.#current?.version !== undefined, { turns: 30, ms: 0 });
    if (this.#current === undefined) this.#clock.advance(1_000);
    const connection = this.#current;
    if (connection === undefined) return;
    if (step.kind === 'send') connection.send(step.bytes);
    else connection[step.kind]();
  }

  /** A client with a Keep Alive asks, and gives a server up that does not answer; without an accepted CONNECT it gives up by itself. */
  async #findSilence(): Promise<string | undefined> {
    const connection = this.#current;
    if (connection === undefined) return undefined;
    connection.take();
    await until(() => false, { turns: 10, ms: 0 });
    const isConnected = this.#client.status === 'connected';
    if (connection.isClosed || (isConnected && this.#client.server?.keepAlive === 0)) return undefined;
    const pings = connection.pings;
    const reacted = () => connection.isClosed || connection.pings > pings || connection.problem !== undefined;
    for (let passed = 0; !reacted() && passed <= longestKeepAliveMs + 60_000; passed += 5_000) {
      this.#clock.advance(5_000);
      if (await until(reacted, { turns: 2, ms: 0 })) break;
    }
    return reacted() ? undefined : `silence: neither PINGREQ nor an end, status ${this.#client.status}`;
  }

  async #findUnfinished(): Promise<string | undefined> {
    this.#isHonest = true;
    this.#current?.cut();
    const isBack = () => this.#client.status === 'connected' && this.#current !== undefined;
    const advance = () => this.#clock.advance(1_000);
    if (!(await until(isBack, inProcess, advance))) {
      return `hang: no new connection to an honest server, status ${this.#client.status}`;
    }
    if (!(await until(() => this.#open.size === 0, inProcess, advance))) {
      return `hang: still waiting on an honest server: ${[...this.#open].join(', ')}`;
    }
    return (await this.#findDeafness()) ?? (await this.#findLeftovers());
  }

  /** Whoever subscribes now hears what comes now. */
  async #findDeafness(): Promise<string | undefined> {
    let isHeard = false;
    const hear = () => {
      isHeard = true;
    };
    this.#await('subscribe last', this.#client.subscribe('last', hear));
    if (!(await until(() => this.#open.size === 0, inProcess)))
      return 'hang: a new subscription is not answered';
    const connection = this.#current;
    const properties = connection?.version === 5 ? [0] : [];
    connection?.send(
      Uint8Array.from([0x30, 6 + properties.length, 0, 4, 0x6c, 0x61, 0x73, 0x74, ...properties]),
    );
    return (await until(() => isHeard, inProcess)) ? undefined : 'silence: a message is not handed over';
  }

  async #findLeftovers(): Promise<string | undefined> {
    this.#await('close', this.#client.close());
    const advance = () => this.#clock.advance(1_000);
    if (!(await until(() => this.#open.size === 0, inProcess, advance))) return 'hang: close() does not end';
    const { waiting, inFlight } = this.#client.pending;
    if (waiting + inFlight > 0)
      return `leak: ${waiting} messages waiting, ${inFlight} in flight after close()`;
    if (!(await until(() => this.#connections.every(({ isClosed }) => isClosed), inProcess))) {
      return 'leak: connections are open after close()';
    }
    return this.#clock.pending > 0 ? `leak: ${this.#clock.pending} timers after close()` : undefined;
  }
}
