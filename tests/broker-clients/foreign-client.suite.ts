/** What our broker must do with every client that others have written. */
import { type Broker, createBroker } from '@petrel/broker';
import { type FaultyLink, type FaultyProxy, startFaultyProxy } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type ForeignClient,
  type ForeignClientOptions,
  type ForeignMessage,
  Growing,
  type StartForeignClient,
} from './foreign-client.js';

const levels = [0, 1, 2] as const;
const topics = ['wild', 'wild/a', 'wild/a/b', 'wild/c/b', 'wildly/a'];
const filters: readonly (readonly [topicFilter: string, matched: readonly string[]])[] = [
  ['#', topics],
  ['wild/#', ['wild', 'wild/a', 'wild/a/b', 'wild/c/b']],
  ['+/a', ['wild/a', 'wildly/a']],
  ['wild/+/b', ['wild/a/b', 'wild/c/b']],
];
const tenTexts = Array.from({ length: 10 }, (_, index) => String(index));

/** The tests; each has a broker of its own, and links to it that it can cut. */
export function foreignClientSuite(start: StartForeignClient, listener: 'tcp' | 'websocket' = 'tcp'): void {
  // A program is started for each client, on a machine that may be busy.
  describe.each([5, 4, 3] as const)('version %i', { timeout: 60_000 }, (protocolVersion) => {
    let broker: Broker;
    let brokerPort: number;
    let proxy: FaultyProxy;
    /** Messages that the broker has taken. */
    let published: Growing<string>;
    /** Their payloads, in the order in which they came. */
    let taken: string[];
    const clients: ForeignClient[] = [];

    beforeEach(async () => {
      published = new Growing();
      taken = [];
      broker = await createBroker({
        listeners: [{ type: listener, port: 0 }],
        hooks: {
          published: (_, { topicName, payload }) => {
            published.push(topicName);
            taken.push(Buffer.from(payload).toString());
          },
        },
      });
      brokerPort = broker.addresses[0]?.port ?? 0;
      proxy = await startFaultyProxy({ port: brokerPort });
    }, 60_000);

    afterEach(async () => {
      const ends = await Promise.allSettled(clients.splice(0).map((client) => client.close()));
      await proxy.close();
      await broker.destroy();
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    }, 60_000);

    /** A client that is connected to the broker. */
    async function connect(options: Partial<ForeignClientOptions> = {}): Promise<ForeignClient> {
      const clientIdentifier = `client-${clients.length}`;
      const defaults = { port: brokerPort, protocolVersion, cleanStart: true, clientIdentifier };
      const client = await start({ ...defaults, ...options });
      clients.push(client);
      return client;
    }

    /** One whose link goes through the proxy, and whose session stays. */
    async function connectByLink(): Promise<{ client: ForeignClient; link: FaultyLink }> {
      const client = await connect({ port: proxy.port, cleanStart: false });
      return { client, link: [...proxy.links][0] as FaultyLink };
    }

    test.each(levels)('subscribed at QoS %i, it gets every QoS up to that', async (granted) => {
      const client = await connect();
      expect(await client.subscribe('every/+', granted)).toBe(granted);
      for (const qos of levels) await client.publish(`every/${qos}`, `at ${qos}`, { qos }).done;
      await client.received(3);
      expect(client.messages.map(({ topicName, payload, qos }) => [topicName, payload, qos])).toEqual(
        levels.map((qos) => [`every/${qos}`, `at ${qos}`, Math.min(qos, granted)]),
      );
    });

    test('many messages at once, none lost, none twice, in the order in which the broker got them', async () => {
      const client = await connect();
      await client.subscribe('many', 2);
      const texts = Array.from({ length: 300 }, (_, index) => String(index));
      await Promise.all(texts.map((text) => client.publish('many', text, { qos: 2 }).done));
      await client.received(texts.length);
      // Paho for Python may let a message overtake those that wait for its own window, so what counts is how they arrived.
      expect(textsOf(client.messages)).toEqual(taken);
      expect([...taken].sort()).toEqual([...texts].sort());
    });

    test('wildcards match what they have to and nothing else', async () => {
      const client = await connect();
      for (const [topicFilter, matched] of filters) {
        const before = client.messages.length;
        await client.subscribe(topicFilter, 0);
        for (const topicName of topics) await client.publish(topicName, 'x', { qos: 0 }).done;
        // What came too much came before the second one that must come.
        await client.publish(matched[0] ?? '', 'end', { qos: 0 }).done;
        await client.received(before + matched.length + 1);
        const got = client.messages.slice(before).map(({ topicName }) => topicName);
        expect(got).toEqual([...matched, matched[0]]);
        await client.unsubscribe(topicFilter);
      }
    });

    test('a retained message comes to a new subscription, and goes with an empty one', async () => {
      const [publisher, early, late] = [await connect(), await connect(), await connect()];
      await early.subscribe('retained', 1);
      await publisher.publish('retained', 'kept', { qos: 1, retain: true }).done;
      await early.received(1);
      await late.subscribe('retained', 1);
      await late.received(1);
      // Retain 1 says that it was there before the subscription.
      expect([...early.messages, ...late.messages].map(({ payload, retain }) => [payload, retain])).toEqual([
        ['kept', false],
        ['kept', true],
      ]);
      await publisher.publish('retained', '', { qos: 1, retain: true }).done;
      const after = await connect();
      await after.subscribe('retained', 1);
      await publisher.publish('retained', 'live', { qos: 1 }).done;
      await after.received(1);
      expect(textsOf(after.messages)).toEqual(['live']);
    });

    test('a will when its link is cut, none when it says goodbye', async () => {
      const watcher = await connect();
      await watcher.subscribe('will', 1);
      const polite = await connect({ will: { topicName: 'will', payload: 'said goodbye' } });
      await polite.close();
      await connect({ port: proxy.port, will: { topicName: 'will', payload: 'gone' } });
      proxy.cut();
      await watcher.received(1);
      expect(textsOf(watcher.messages)).toEqual(['gone']);
    });

    test('unsubscribe ends it', async () => {
      const client = await connect();
      await client.subscribe('ended', 1);
      await client.subscribe('going', 1);
      await client.unsubscribe('ended');
      for (const topicName of ['ended', 'going']) await client.publish(topicName, 'x', { qos: 1 }).done;
      await client.received(1);
      expect(client.messages.map(({ topicName }) => topicName)).toEqual(['going']);
    });

    test('finds its session, and what waited in it', async () => {
      const terms = { clientIdentifier: 'stays', cleanStart: false };
      const first = await connect(terms);
      expect(first.connections[0] ?? false).toBe(false);
      await first.subscribe('queued', 2);
      await first.close();
      for (const qos of levels) {
        await broker.publish({ topicName: 'queued', payload: Buffer.from(`at ${qos}`), qos });
      }
      const second = await connect(terms);
      // MQTT 3.1 has no Session Present to tell it.
      const wanted = protocolVersion > 3;
      expect(second.connections[0] ?? wanted).toBe(wanted);
      await second.received(2);
      expect(textsOf(second.messages).slice(-2)).toEqual(['at 1', 'at 2']);
    });

    test.each([1, 2] as const)('a cut before the answers come: what it sends at QoS %i', async (qos) => {
      const watcher = await connect();
      await watcher.subscribe('out', qos);
      const { client, link } = await connectByLink();
      link.toClient.stall();
      const publishing = tenTexts.map((text) => client.publish('out', text, { qos }));
      await Promise.all(publishing.map(({ taken }) => taken));
      await published.reaches(1);
      proxy.cut();
      await client.connected(2);
      await Promise.all(publishing.map(({ done }) => done));
      await client.publish('out', 'end', { qos }).done;
      await untilEnd(watcher);
      assertComplete(watcher.messages, qos);
    });

    test.each([1, 2] as const)('a cut before its answers arrive: what it gets at QoS %i', async (qos) => {
      const { client, link } = await connectByLink();
      await client.subscribe('in', qos);
      link.toServer.stall();
      const publish = (text: string) => broker.publish({ topicName: 'in', payload: Buffer.from(text), qos });
      for (const text of tenTexts.slice(0, 5)) await publish(text);
      // At QoS 2 a client may wait for PUBREL before it shows a message.
      if (qos === 1) await client.received(5);
      proxy.cut();
      for (const text of tenTexts.slice(5)) await publish(text);
      await publish('end');
      await client.connected(2);
      await untilEnd(client);
      assertComplete(client.messages, qos);
    });

    // MQTT 3.x has neither.
    if (protocolVersion < 5) return;

    test('properties pass through', async () => {
      const client = await connect();
      await client.subscribe('properties', 1);
      await client.publish('properties', 'x', { qos: 1, contentType: 'text/plain', trace: 'abc' }).done;
      await client.received(1);
      expect(client.messages[0]).toMatchObject({ contentType: 'text/plain', trace: 'abc' });
    });

    test('of a shared subscription one member gets each message', async () => {
      const members = [await connect(), await connect()] as const;
      for (const member of members) await member.subscribe('$share/group/work', 1);
      for (const text of tenTexts) await members[0].publish('work', text, { qos: 1 }).done;
      for (const member of members) {
        await member.subscribe('end', 1);
        await member.publish('end', 'end', { qos: 1 }).done;
        await untilEnd(member);
      }
      const got = members.flatMap(({ messages }) => textsOf(messages).filter((text) => text !== 'end'));
      expect(got.sort()).toEqual(tenTexts);
    });
  });
}

function textsOf(messages: readonly ForeignMessage[]): string[] {
  return messages.map(({ payload }) => payload);
}

async function untilEnd(client: ForeignClient): Promise<void> {
  while (client.messages.at(-1)?.payload !== 'end') await client.received(client.messages.length + 1);
}

/** Exactly once at QoS 2; at QoS 1 the order counts in which messages came first. */
function assertComplete(messages: readonly ForeignMessage[], qos: 1 | 2): void {
  const texts = textsOf(messages);
  expect(qos === 2 ? texts : [...new Set(texts)]).toEqual([...tenTexts, 'end']);
}
