/** What every broker that others have written must be able to do with this client. */
import type { QoS } from '@petrel/protocol';
import { startFaultyProxy } from '@petrel/testing';
import { afterEach, describe, expect, test } from 'vitest';
import type { Client } from './client.js';
import { type ClientOptions, connect } from './index.js';
import type { Message } from './message.js';
import { nextEvent } from './scripted-server.suite.js';

const clients: Client[] = [];

/** Registers the clean-up of `connected` in the calling file. */
export function closeClientsAfterEach(): void {
  afterEach(closeClients);
}

/** Ends what `connected` has opened so far. */
export async function closeClients(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.close()));
}

/** A client that is closed after the test. */
export async function connected(options: ClientOptions): Promise<Client> {
  const client = await connect(options);
  clients.push(client);
  return client;
}

/** Collects messages and waits for a number of them. */
export function collector() {
  const messages: Message[] = [];
  let wake = () => {};
  const handler = (message: Message) => {
    messages.push(message);
    wake();
  };
  const count = async (wanted: number) => {
    while (messages.length < wanted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return messages;
  };
  const texts = async (wanted: number) => (await count(wanted)).map((message) => message.text());
  return { handler, count, texts, messages };
}

/** A proxy in front of a broker whose connections a test can cut, and the options that lead through it. */
export async function behindProxy(options: ClientOptions) {
  const url = new URL(String(options.url));
  const proxy = await startFaultyProxy({ port: Number(url.port) });
  url.port = String(proxy.port);
  return {
    proxy,
    options: { ...options, url, reconnect: { minDelayMs: 1, maxDelayMs: 5 } } satisfies ClientOptions,
  };
}

let sessions = 0;

/** Options of a session that outlives its connections in every version. */
export function lasting(options: ClientOptions): ClientOptions {
  return {
    ...options,
    clientIdentifier: `petrel-${process.pid}-${++sessions}`,
    cleanStart: false,
    sessionExpiryInterval: 60,
  };
}

/** Filters, what they match of `wildcardTopics`, in the order of publishing. */
const wildcards: readonly (readonly [topicFilter: string, matched: readonly string[]])[] = [
  ['petrel/wild/#', ['petrel/wild', 'petrel/wild/a', 'petrel/wild/a/b', 'petrel/wild/c/b']],
  ['petrel/wild/+', ['petrel/wild/a']],
  ['petrel/wild/+/b', ['petrel/wild/a/b', 'petrel/wild/c/b']],
  ['+/wild/a/#', ['petrel/wild/a', 'petrel/wild/a/b']],
  ['petrel/wild/a', ['petrel/wild/a']],
];
const wildcardTopics = [
  'petrel/wild',
  'petrel/wild/a',
  'petrel/wild/a/b',
  'petrel/wild/c/b',
  'petrel/wildly/a',
];

/** Where a broker differs from what the standard asks for. */
export interface BrokerTraits {
  /** The levels that it keeps to. Default all. */
  readonly qosLevels?: readonly QoS[];
  /** What it sends again after a cut comes behind what is newer. */
  readonly resendsOutOfOrder?: boolean;
  /** It publishes a Will also after DISCONNECT. */
  readonly willAfterDisconnect?: boolean;
}

/** The tests, over one URL and version. */
export function interopSuite(target: () => ClientOptions, traits: BrokerTraits = {}): void {
  const { qosLevels = [0, 1, 2], resendsOutOfOrder = false, willAfterDisconnect = false } = traits;
  const lossless = qosLevels.filter((qos) => qos > 0);
  const best = Math.max(...qosLevels) as QoS;

  test.each(qosLevels)('subscribed at QoS %i: every QoS up to it, once and in order', async (granted) => {
    const client = await connected(target());
    const { handler, count } = collector();
    const topic = `petrel/every/${granted}`;
    await client.subscribe(`${topic}/+`, { qos: granted }, handler);
    for (const qos of qosLevels) await client.publish(`${topic}/${qos}`, `level ${qos}`, { qos });
    const messages = await count(qosLevels.length);
    expect(messages.map((message) => [message.topicName, message.text(), message.qos])).toEqual(
      qosLevels.map((qos) => [`${topic}/${qos}`, `level ${qos}`, Math.min(qos, granted)]),
    );
  });

  test('a thousand messages at once, none lost, none twice', async () => {
    const [publisher, subscriber] = [await connected(target()), await connected(target())];
    const { handler, texts } = collector();
    await subscriber.subscribe('petrel/many', { qos: 1 }, handler);
    await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        publisher.publish('petrel/many', String(index), { qos: 1 }),
      ),
    );
    expect(await texts(1_000)).toEqual(Array.from({ length: 1_000 }, (_, index) => String(index)));
  });

  test.each(wildcards)('filter %s gets what it matches and nothing else', async (topicFilter, matched) => {
    const client = await connected(target());
    const { handler, count } = collector();
    await client.subscribe(topicFilter, { qos: 1 }, handler);
    for (const topicName of wildcardTopics) await client.publish(topicName, 'x', { qos: 1 });
    // What came too much came before the second one that must come.
    await client.publish(matched[0] ?? '', 'end', { qos: 1 });
    const messages = await count(matched.length + 1);
    expect(messages.map(({ topicName }) => topicName)).toEqual([...matched, matched[0]]);
  });

  test('a retained message comes to a new subscription, and goes with an empty one', async () => {
    const client = await connected(target());
    /** Subscribes until what comes first is as wanted: a broker may confirm a message before it keeps it (NATS does). */
    const firstIs = async (wanted: string) => {
      for (let first: Message | undefined; first?.text() !== wanted; ) {
        const { handler, count } = collector();
        const subscription = await client.subscribe('petrel/retained', { qos: 1 }, handler);
        await client.publish('petrel/retained', 'live', { qos: 1 });
        first = (await count(1))[0];
        expect(first?.retain).toBe(first?.text() === 'kept');
        await subscription.unsubscribe();
      }
    };
    await client.publish('petrel/retained', 'kept', { qos: 1, retain: true });
    await firstIs('kept');
    await client.publish('petrel/retained', '', { qos: 1, retain: true });
    await firstIs('live');
  });

  test('large payloads, both ways', async () => {
    const client = await connected(target());
    const payload = new Uint8Array(100_000).map((_, index) => index % 249);
    const { handler, count } = collector();
    await client.subscribe('petrel/large', { qos: 1 }, handler);
    await client.publish('petrel/large', payload, { qos: 1 });
    const received = (await count(1))[0]?.payload ?? new Uint8Array(0);
    expect(Buffer.compare(received, payload)).toBe(0);
  });

  test('a will when the client is gone without a word, none when it says goodbye', async () => {
    const watcher = await connected(target());
    const { handler, texts } = collector();
    await watcher.subscribe('petrel/will', { qos: 1 }, handler);
    const mortal = (payload: string) =>
      connect({ ...target(), will: { topicName: 'petrel/will', payload, qos: 1 } });
    await (await mortal('said goodbye')).close();
    (await mortal('gone')).destroy();
    const wanted = willAfterDisconnect ? ['said goodbye', 'gone'] : ['gone'];
    expect(await texts(wanted.length)).toEqual(wanted);
  });

  test('unsubscribe ends it', async () => {
    const client = await connected(target());
    const [ended, going] = [collector(), collector()];
    const subscription = await client.subscribe('petrel/ended', { qos: 1 }, ended.handler);
    await client.subscribe('petrel/going', { qos: 1 }, going.handler);
    await subscription.unsubscribe();
    await client.publish('petrel/ended', 'x', { qos: 1 });
    await client.publish('petrel/going', 'x', { qos: 1 });
    await going.count(1);
    expect(ended.messages).toEqual([]);
  });

  test('a session that an earlier client left: its subscription and what waited in it', async () => {
    const options = lasting(target());
    const first = await connected(options);
    await first.subscribe('petrel/left', { qos: best }, () => {});
    await first.close();
    const publisher = await connected(target());
    for (const qos of lossless) await publisher.publish('petrel/left', `at ${qos}`, { qos });
    const second = await connected(options);
    // MQTT 3.1 has no Session Present to tell it.
    expect(second.server?.sessionPresent).toBe(second.server?.protocolVersion !== 3);
    const { handler, texts } = collector();
    await second.subscribe('petrel/left', { qos: best }, handler);
    expect(await texts(lossless.length)).toEqual(lossless.map((qos) => `at ${qos}`));
    await second.unsubscribe('petrel/left');
  });

  describe.each(lossless)('over a link that is cut again and again, QoS %i', (qos) => {
    const rounds = 5;
    const all = Array.from({ length: rounds * 20 }, (_, index) => String(index));
    const roundsOf20 = Array.from({ length: rounds }, (_, round) => all.slice(round * 20, round * 20 + 20));

    /**
     * Everything has come, and then an end. QoS 2 promises each once. QoS 1 lets a server send again what it holds for unanswered,
     * also behind the end (NATS: all that waited for a second), so there what counts is where each came first.
     */
    async function assertComplete(
      messages: readonly Message[],
      publisher: Client,
      topicName: string,
      texts: Texts,
    ) {
      const came = () => {
        const every = messages.map((message) => message.text());
        return qos === 2 ? every : [...new Set(every)];
      };
      const untilCame = async (wanted: number) => {
        while (new Set(came()).size < wanted) await texts(messages.length + 1);
      };
      await untilCame(all.length);
      await publisher.publish(topicName, 'end', { qos });
      await untilCame(all.length + 1);
      const order = came();
      expect(order.pop()).toBe('end');
      if (resendsOutOfOrder) order.sort((left, right) => Number(left) - Number(right));
      expect(order).toEqual(all);
    }

    test('what we send', async () => {
      const { proxy, options } = await behindProxy(lasting(target()));
      const subscriber = await connected(target());
      const { handler, messages, texts } = collector();
      await subscriber.subscribe('petrel/cut/out', { qos }, handler);
      const publisher = await connected(options);
      const published: Promise<unknown>[] = [];
      for (const round of roundsOf20) {
        const these = round.map((text) => publisher.publish('petrel/cut/out', text, { qos }));
        published.push(...these);
        await these[5];
        const again = nextEvent(publisher, 'connect');
        proxy.cut();
        await again;
      }
      await Promise.all(published);
      await assertComplete(messages, publisher, 'petrel/cut/out', texts);
      await proxy.close();
    });

    test('what we receive', async () => {
      const { proxy, options } = await behindProxy(lasting(target()));
      const publisher = await connected(target());
      const subscriber = await connected(options);
      const { handler, messages, texts } = collector();
      await subscriber.subscribe('petrel/cut/in', { qos }, handler);
      for (const round of roundsOf20) {
        const again = nextEvent(subscriber, 'connect');
        const published = round.map((text) => publisher.publish('petrel/cut/in', text, { qos }));
        await published[5];
        proxy.cut();
        await Promise.all([...published, again]);
      }
      await assertComplete(messages, publisher, 'petrel/cut/in', texts);
      await subscriber.unsubscribe('petrel/cut/in');
      await proxy.close();
    });
  });
}

type Texts = (wanted: number) => Promise<readonly string[]>;
