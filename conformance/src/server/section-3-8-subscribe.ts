/** Sections 3.8 and 3.9: SUBSCRIBE and SUBACK. */
import { isReasonCodeOf, type QoS } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { frame, properties, string, subscribeFrame, uint16 } from '../wire/frame.js';
import { type TestClient, textOf } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** Sends one SUBSCRIBE with a QoS for each filter, and returns the bytes of SUBACK and its codes. */
async function subscribeEach(
  client: TestClient,
  requests: readonly (readonly [topicFilter: string, qos: QoS])[],
) {
  client.send({
    type: 'subscribe',
    packetIdentifier: client.nextIdentifier(),
    subscriptions: requests.map(([topicFilter, qos]) => ({
      topicFilter,
      qos,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
    })),
    properties: {},
  });
  const { packet, bytes } = await client.expectFrame('suback');
  return { codes: [...bytes.subarray(bytes.length - packet.reasonCodes.length)], packet, bytes };
}

export const subscribeTests = [
  serverTest(
    { v5: 'MQTT-3.8.1-1', v311: 'MQTT-3.8.1-1' },
    'SUBSCRIBE with other flags than 0010 closes',
    async (t) => {
      for (const firstByte of [0x80, 0x81, 0x83, 0x8a]) {
        const rest = await t.expectViolation(
          subscribeFrame(t.version, { firstByte, topicFilter: t.topic() }),
        );
        expectTrue(!rest.some(({ type }) => type === 'suback'), 'SUBACK for a SUBSCRIBE with wrong flags');
      }
    },
  ),

  serverTest({ v311: 'MQTT-3.8.3-2' }, 'a wildcard subscription is refused, or it works', async (t) => {
    const [publisher, subscriber] = [await t.connect(), await t.connect()];
    const { reasonCodes } = await subscriber.trySubscribe([t.topic('+'), t.topic('a/#')]);
    if (reasonCodes[0] !== 0x80) {
      await publisher.publish(t.topic('x'), 'plus');
      expectEqual(textOf(await subscriber.expectMessage()), 'plus', 'payload');
    }
    if (reasonCodes[1] !== 0x80) {
      await publisher.publish(t.topic('a/b/c'), 'hash');
      expectEqual(textOf(await subscriber.expectMessage()), 'hash', 'payload');
    }
  }),

  serverTest({ v311: 'MQTT-3.8.3-3' }, 'SUBSCRIBE without a filter closes', async (t) => {
    await t.expectViolation(frame(0x82, uint16(1)));
  }),

  serverTest(
    { v5: 'MQTT-3.8.3-5', v311: 'MQTT-3.8.3-4' },
    'reserved bits in the subscription options, and QoS 3, close',
    async (t) => {
      const reserved = t.isVersion5 ? [0x40, 0x80, 0xc1] : [0x04, 0x08, 0x10, 0x80, 0x03];
      for (const options of reserved) {
        await t.expectViolation(subscribeFrame(t.version, { topicFilter: t.topic(), options }));
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-3.8.3-3' },
    'No Local: a client does not receive its own messages, others do',
    async (t) => {
      const topicName = t.topic();
      const client = await t.connect();
      await client.subscribe(topicName, { qos: 1, noLocal: true });
      const [publisher, other] = await t.pair(topicName);
      await client.publish(topicName, 'own', { qos: 1 });
      await client.expectNothingBefore(publisher, topicName);
      expectEqual(textOf(await other.expectMessage()), 'own', 'payload for the other client');
    },
  ),

  serverTest({ v5: 'MQTT-3.8.3-4' }, 'No Local on a Shared Subscription closes', async (t) => {
    t.requireFeature((await t.connect()).connack, 'sharedSubscriptionAvailable');
    await t.expectViolation(subscribeFrame(5, { topicFilter: `$share/g/${t.topic()}`, options: 0x04 }));
  }),

  serverTest({ v5: 'MQTT-3.8.4-1', v311: 'MQTT-3.8.4-1' }, 'SUBSCRIBE is answered with SUBACK', async (t) => {
    const client = await t.connect();
    client.send(subscribeFrame(t.version, { topicFilter: t.topic() }));
    expectEqual((await client.next()).packet.type, 'suback', 'answer');
  }),

  serverTest(
    { v5: 'MQTT-3.8.4-2', v311: 'MQTT-3.8.4-2' },
    'SUBACK repeats the Packet Identifier',
    async (t) => {
      const client = await t.connect();
      for (const packetIdentifier of [1, 255, 256, 65_535]) {
        client.send(subscribeFrame(t.version, { topicFilter: t.topic(), packetIdentifier }));
        const { bytes } = await client.expectFrame('suback');
        expectEqual(
          [...bytes.subarray(2, 4)],
          [...uint16(packetIdentifier)],
          'bytes of the Packet Identifier',
        );
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-3.8.4-3', v311: 'MQTT-3.8.4-3' },
    'the same filter again replaces the subscription: one copy, at the new QoS',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      await subscriber.subscribe(topicName, { qos: 0 });
      await publisher.publish(topicName, 'x', { qos: 1 });
      expectEqual((await subscriber.expectMessage()).qos, 0, 'QoS');
      await subscriber.expectNothingBefore(publisher, topicName);
    },
  ),

  serverTest(
    { v5: 'MQTT-3.8.4-4', v311: 'MQTT-3.8.4-3' },
    'replacing a subscription sends retained messages again and loses none that are under way',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName);
      t.requireFeature(publisher.connack, 'retainAvailable');
      await publisher.publish(topicName, 'retained', { qos: 1, retain: true });
      await subscriber.expectMessage();
      const count = 40;
      for (let number = 1; number <= count; number++) {
        publisher.send(publisher.publishPacket(topicName, `live ${number}`, { qos: 1 }));
        if (number % 10 === 0)
          subscriber.send(
            subscribeFrame(t.version, { topicFilter: topicName, options: 1, packetIdentifier: number }),
          );
      }
      const texts: string[] = [];
      while (texts.filter((text) => text.startsWith('live')).length < count || !texts.includes('retained')) {
        texts.push(textOf(await subscriber.expectMessage()));
      }
      const live = texts.filter((text) => text.startsWith('live'));
      expectEqual(
        live,
        Array.from({ length: count }, (_, index) => `live ${index + 1}`),
        'payloads',
      );
    },
  ),

  serverTest(
    { v5: ['MQTT-3.8.4-5', 'MQTT-3.8.4-6'], v311: ['MQTT-3.8.4-4', 'MQTT-3.8.4-5'] },
    'several filters in one SUBSCRIBE: one SUBACK with a code for each, and each works',
    async (t) => {
      const [publisher, subscriber] = [await t.connect(), await t.connect()];
      const names = ['a', 'b', 'c', 'b'].map((name) => t.topic(name));
      const { reasonCodes } = await subscriber.subscribe(names, { qos: 1 });
      expectEqual(reasonCodes.length, 4, 'Reason Codes');
      for (const topicName of names.slice(0, 3)) await publisher.publish(topicName, 'x', { qos: 1 });
      for (const topicName of names.slice(0, 3))
        expectEqual((await subscriber.expectMessage()).topicName, topicName, 'Topic Name');
      await subscriber.expectNone('publish');
    },
  ),

  serverTest(
    { v5: ['MQTT-3.8.4-7', 'MQTT-3.9.3-1'], v311: ['MQTT-3.8.4-5', 'MQTT-3.9.3-1'] },
    'the codes of SUBACK are the granted QoS of each filter, or a failure, in the order of the filters',
    async (t) => {
      const client = await t.connect();
      const wanted = [2, 0, 1, 0, 2, 1] as const;
      const requests = wanted.map((qos, index) => [t.topic(String(index)), qos] as const);
      const { deniedTopic } = t.target;
      const { codes } = await subscribeEach(
        client,
        deniedTopic === undefined ? requests : [[deniedTopic, 1], ...requests],
      );
      const granted = deniedTopic === undefined ? codes : codes.slice(1);
      expectEqual(granted.length, wanted.length, 'codes of SUBACK');
      // A server may grant less than was asked for, but never more.
      const isInOrder = granted.every((code, index) => code >= 0x80 || code <= (wanted[index] ?? 0));
      expectTrue(isInOrder, `asked for QoS ${wanted.join(', ')}, granted ${granted.join(', ')}`);
    },
  ),

  serverTest(
    { v5: 'MQTT-3.8.4-8', v311: 'MQTT-3.8.4-6' },
    'delivery has the lower of the published and the granted QoS',
    async (t) => {
      const publisher = await t.connect();
      for (const granted of [0, 1, 2] as const) {
        for (const published of [0, 1, 2] as const) {
          const topicName = t.topic(`${granted}-${published}`);
          const subscriber = await t.connect();
          await subscriber.subscribe(topicName, { qos: granted });
          await publisher.publish(topicName, 'x', { qos: published });
          expectEqual(
            (await subscriber.expectMessage()).qos,
            Math.min(granted, published),
            `QoS of ${published} at granted ${granted}`,
          );
        }
      }
    },
  ),

  serverTest(
    { v5: ['MQTT-3.9.2-1', 'MQTT-3.9.2-2'] },
    'SUBACK keeps within Maximum Packet Size, without Reason String and User Property if need be',
    async (t) => {
      const maximumPacketSize = await t.tightestPacketSize();
      const client = await t.connect({ properties: { maximumPacketSize } });
      const { bytes } = await subscribeEach(client, [[t.target.deniedTopic ?? t.topic(), 0]]);
      expectTrue(
        bytes.length <= maximumPacketSize,
        `SUBACK has ${bytes.length} bytes, allowed are ${maximumPacketSize}`,
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-3.9.3-2', v311: 'MQTT-3.9.3-2' },
    'SUBACK has defined codes only, also for what it refuses',
    async (t) => {
      const client = await t.connect();
      const { codes } = await subscribeEach(client, [
        [t.target.deniedTopic ?? '$SYS/#', 1],
        ['$share/g/x', 1],
        [t.topic('#'), 2],
      ]);
      for (const code of codes) {
        const defined = t.isVersion5
          ? isReasonCodeOf('suback', code, 'server')
          : [0, 1, 2, 0x80].includes(code);
        expectTrue(defined, `code ${code} in SUBACK`);
      }
      client.send(frame(0x82, uint16(99), properties(t.version), string('a/#/b'), 0));
      const suback = await client.expectFrame('suback').catch(() => undefined);
      if (suback !== undefined)
        expectTrue((suback.bytes.at(-1) ?? 0) >= 0x80, 'an invalid filter was granted');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.8.4-7', v311: 'MQTT-3.9.3-2' },
    'a refused filter has a code of failure, and nothing is delivered for it',
    async (t) => {
      const { deniedTopic } = t.target;
      t.require(deniedTopic !== undefined, 'no --denied-topic is known');
      const client = await t.connect();
      const { codes } = await subscribeEach(client, [[deniedTopic ?? '', 1]]);
      t.require(
        (codes[0] ?? 0) >= 0x80,
        'the broker grants subscriptions to topics that it does not deliver',
      );
      await client.expectNone('publish');
    },
  ),
].flat();
