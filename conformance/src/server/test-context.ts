/** What one test against a broker works with: connections, names of its own, and a clean broker afterwards. */
import {
  type ConnackPacket,
  type ConnectPacket,
  describeReasonCode,
  type Packet,
  type Will,
} from '@petrel/protocol';
import { NotApplicable } from '../conformance-test.js';
import type { TestedVersion } from '../statements.js';
import { ConformanceError } from '../wire/peer.js';
import { openTransport } from '../wire/transport.js';
import type { Target } from './target.js';
import { TestClient } from './test-client.js';

/** A CONNECT with some fields given; `will` may be partial too. */
export type ConnectOptions = Partial<Omit<ConnectPacket, 'type' | 'protocolVersion' | 'will'>> & {
  readonly will?: Partial<Will> & { readonly topicName: string };
  /** Keep the session after the connection: Clean Start 0, and on MQTT 5 an hour of Session Expiry Interval. */
  readonly persistent?: boolean;
  /** Another listener than the target's. */
  readonly url?: URL;
};

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** One test's view of the target. */
export class TestContext {
  readonly version: TestedVersion;
  readonly target: Target;
  readonly #name: string;
  readonly #cuts: (() => void)[] = [];
  /** Connections so far; the trace tells them apart by it. */
  #opened = 0;
  readonly #retained = new Set<string>();
  readonly #sessions = new Set<string>();

  /** `name`: unique in the run; part of every topic. */
  constructor(target: Target, version: TestedVersion, name: string) {
    this.target = target;
    this.version = version;
    this.#name = name;
  }

  get isVersion5(): boolean {
    return this.version === 5;
  }

  /** A Topic Name that no other test uses. */
  topic(suffix = 'topic'): string {
    return `petrel-conformance/${this.#name}/${suffix}`;
  }

  /** A Client Identifier that every broker must accept: 23 letters and digits, never the same twice. */
  clientIdentifier(): string {
    let identifier = 'c';
    while (identifier.length < 23) identifier += alphabet[Math.floor(Math.random() * alphabet.length)];
    return identifier;
  }

  /** A connection on which nothing has been sent. */
  async open(url = this.target.url): Promise<TestClient> {
    const { timeoutMs, trace } = this.target;
    const label = `${this.#name.split('/')[1] ?? ''}.${++this.#opened}`;
    const client = new TestClient(
      await openTransport(url, timeoutMs),
      {
        otherEnd: 'server',
        protocolVersion: this.version,
        timeoutMs,
        trace: trace && ((line) => trace(`${label} ${line}`)),
      },
      (sender, packet) => this.#observe(sender, packet),
    );
    this.closeAfterwards(() => client.cut());
    return client;
  }

  /** Leaves a connection that the test opened by itself to `cleanUp`. */
  closeAfterwards(cut: () => void): void {
    this.#cuts.push(cut);
  }

  /** The CONNECT that `connect` would send. */
  connectPacket(options: ConnectOptions = {}): ConnectPacket {
    const { will, persistent = false, url: _, properties = {}, ...fields } = options;
    const { userName, password } = this.target;
    return {
      type: 'connect',
      protocolVersion: this.version,
      clientIdentifier: this.clientIdentifier(),
      cleanStart: !persistent,
      keepAlive: 60,
      userName,
      password,
      ...(will && {
        will: { payload: Buffer.from('will'), qos: 0, retain: false, properties: {}, ...will },
      }),
      properties: persistent ? { sessionExpiryInterval: 3600, ...properties } : properties,
      ...fields,
    };
  }

  /** Sends a CONNECT and returns the answer, whichever it is. */
  async tryConnect(options: ConnectOptions = {}): Promise<TestClient> {
    const client = await this.open(options.url);
    const packet = this.connectPacket(options);
    client.clientIdentifier = packet.clientIdentifier;
    client.send(packet);
    client.connack = await client.expectPacket('connack');
    return client;
  }

  /** A client whose CONNECT was accepted. */
  async connect(options: ConnectOptions = {}): Promise<TestClient> {
    const client = await this.tryConnect(options);
    const { reasonCode, properties } = client.connack;
    if (reasonCode !== 0)
      throw new ConformanceError(`CONNECT was refused with ${describeReasonCode(reasonCode)}`);
    client.clientIdentifier ||= properties.assignedClientIdentifier ?? '';
    return client;
  }

  /** A publisher and a subscriber to `topicName`. */
  async pair(
    topicName: string,
    qos: 0 | 1 | 2 = 1,
  ): Promise<readonly [publisher: TestClient, subscriber: TestClient]> {
    const subscriber = await this.connect();
    await subscriber.subscribe(topicName, { qos });
    return [await this.connect(), subscriber];
  }

  /** A publisher, and a subscriber whose session outlives its connection. */
  async lastingPair(
    topicName: string,
    qos: 0 | 1 | 2,
  ): Promise<readonly [publisher: TestClient, subscriber: TestClient]> {
    const subscriber = await this.connect({ persistent: true });
    await subscriber.subscribe(topicName, { qos });
    return [await this.connect(), subscriber];
  }

  /** Cuts a connection and continues its session on a new one. */
  resume(client: TestClient): Promise<TestClient> {
    client.cut();
    return this.connect({ clientIdentifier: client.clientIdentifier, persistent: true });
  }

  /** A connection on which the bytes, sent right after a successful CONNECT, must end it; returns what came before. */
  async expectViolation(...parts: readonly (Packet | Uint8Array)[]): Promise<readonly Packet[]> {
    const client = await this.connect();
    client.send(...parts);
    return client.expectClosed();
  }

  /** A connection on which these first bytes must end it, without a CONNACK of success. */
  async expectRefusal(...parts: readonly (Packet | Uint8Array)[]): Promise<readonly Packet[]> {
    const client = await this.open();
    client.send(...parts);
    return client.expectClosed();
  }

  /** Ends the test as not applicable unless the broker has what the test needs. */
  require(condition: unknown, reason: string): void {
    if (!condition) throw new NotApplicable(reason);
  }

  /** The features that a broker of MQTT 5 can say it lacks; 3.1.1 brokers cannot say, so they must have them. */
  requireFeature(connack: ConnackPacket, feature: keyof typeof features): void {
    this.require(connack.properties[feature] !== false, `the broker announces ${features[feature]} 0`);
  }

  /** The smallest Maximum Packet Size with which this broker can still say that it accepts a connection. */
  async tightestPacketSize(): Promise<number> {
    const client = await this.open();
    client.send(this.connectPacket());
    return (await client.expectFrame('connack')).bytes.length;
  }

  /** Lets time pass, for the few statements that only time can prove. */
  wait(seconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }

  /** Cuts all connections and removes the retained messages and sessions that the test left. */
  async cleanUp(): Promise<void> {
    for (const cut of this.#cuts) cut();
    for (const clientIdentifier of this.#sessions) await this.connect({ clientIdentifier });
    if (this.#retained.size > 0) {
      const client = await this.connect();
      for (const topicName of this.#retained) await client.publish(topicName, '', { retain: true });
      await client.ping();
    }
    for (const cut of this.#cuts) cut();
  }

  #observe(client: TestClient, packet: Packet): void {
    if (packet.type === 'publish' && packet.retain && packet.topicName !== '')
      this.#retained.add(packet.topicName);
    if (packet.type !== 'connect') return;
    client.clientIdentifier = packet.clientIdentifier;
    if (packet.will?.retain) this.#retained.add(packet.will.topicName);
    const expiry = packet.properties.sessionExpiryInterval ?? (this.isVersion5 || packet.cleanStart ? 0 : 1);
    if (expiry > 0 && packet.clientIdentifier !== '') this.#sessions.add(packet.clientIdentifier);
  }
}

const features = {
  retainAvailable: 'Retain Available',
  wildcardSubscriptionAvailable: 'Wildcard Subscription Available',
  subscriptionIdentifiersAvailable: 'Subscription Identifiers Available',
  sharedSubscriptionAvailable: 'Shared Subscription Available',
} as const;
