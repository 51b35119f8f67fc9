/** PUBLISH to clients: windows, identifiers, sizes, aliases, expiry. */
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
  connected,
  disconnect,
  openBroker,
  publish,
  published,
  subscribed,
  text,
  texts,
} from './broker-fixture.suite.js';

describe('Receive Maximum of the client', () => {
  test('is never passed, and holds back PUBLISH only [MQTT-3.3.4-9] [MQTT-3.3.4-10]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { properties: { receiveMaximum: 2 } });
    await subscribed(peer, 'a', { qos: 2 });
    const publisher = await connected(broker);
    for (const payload of ['1', '2', '3']) await published(publisher, 'a', payload, 2);
    await published(publisher, 'a', 'at most once', 0);
    await publisher.expectNothing();
    const first = await peer.receive('publish');
    await peer.receive('publish');
    expect(await texts(peer, 1)).toEqual(['at most once']);
    await peer.expectNothing();
    await subscribed(peer, 'b');
    peer.send(acknowledgement('pubrec', first.packetIdentifier));
    await peer.receive('pubrel');
    await peer.expectNothing();
    peer.send(acknowledgement('pubcomp', first.packetIdentifier));
    expect(await texts(peer, 1)).toEqual(['3']);
  });

  test.each(['puback', 'pubrec'] as const)(
    '%s of 0x80 or more frees its place and ends the flow',
    async (type) => {
      const { broker } = await openBroker();
      const peer = await connected(broker, { properties: { receiveMaximum: 1 } });
      await subscribed(peer, 'a', { qos: type === 'puback' ? 1 : 2 });
      const publisher = await connected(broker);
      for (const payload of ['1', '2']) await published(publisher, 'a', payload, 2);
      const { packetIdentifier } = await peer.receive('publish');
      peer.send(acknowledgement(type, packetIdentifier, 0x97));
      expect(await texts(peer, 1)).toEqual(['2']);
      await peer.expectNothing();
    },
  );

  test('everything queued goes out as places become free', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { properties: { receiveMaximum: 3 } });
    await subscribed(peer, 'a', { qos: 1 });
    const publisher = await connected(broker);
    const all = Array.from({ length: 100 }, (_, index) => `${index}`);
    for (const payload of all) await published(publisher, 'a', payload, 1);
    for (const expected of all) {
      const packet = await peer.receive('publish');
      expect(text(packet)).toBe(expected);
      peer.send(acknowledgement('puback', packet.packetIdentifier));
    }
    expect(broker.metrics().queuedMessages).toBe(0);
  });
});

describe('Packet Identifiers', () => {
  test('are never 0 and never used twice at a time [MQTT-2.2.1-4] [MQTT-2.3.1-4]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 1 });
    const publisher = await connected(broker);
    const used = new Set<number>();
    for (let count = 0; count < 200; count++) {
      await published(publisher, 'a', '', 1);
      const { packetIdentifier } = await peer.receive('publish');
      expect(packetIdentifier).toBeGreaterThan(0);
      expect(used.has(packetIdentifier)).toBe(false);
      used.add(packetIdentifier);
    }
  });

  test.each([
    ['PUBACK', [0x40, 2, 0, 9]],
    ['PUBCOMP', [0x70, 2, 0, 9]],
    ['PUBREC of 0x80 or more', [0x50, 3, 0, 9, 0x80]],
  ] as const)('%s for an unknown one is ignored', async (_, bytes) => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    peer.send(bytes);
    await peer.expectNothing();
  });

  test('PUBREC for an unknown one is answered PUBREL 0x92', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    peer.send(acknowledgement('pubrec', 9));
    expect(await peer.receive('pubrel')).toMatchObject({ packetIdentifier: 9, reasonCode: 0x92 });
  });

  test('answers that no client would give: protocol error (CVE-2024-36856)', async () => {
    const { broker } = await openBroker();
    for (const type of ['puback', 'pubcomp'] as const) {
      const peer = await connected(broker);
      await subscribed(peer, 'a', { qos: 2 });
      await published(await connected(broker), 'a', '', 2);
      const { packetIdentifier } = await peer.receive('publish');
      peer.send(acknowledgement(type, packetIdentifier));
      expect((await peer.receive('disconnect')).reasonCode).toBe(0x82);
      await peer.closed();
    }
  });
});

describe('Maximum Packet Size of the client', () => {
  test('an exchange whose message a new connection cannot take keeps its identifier until the client is done with it [MQTT-3.1.2-25] [MQTT-2.2.1-4]', async () => {
    const { broker } = await openBroker();
    const session = { clientIdentifier: 'c', cleanStart: false } as const;
    const peer = await connected(broker, { ...session, properties: { sessionExpiryInterval: 100 } });
    await subscribed(peer, 'a', { qos: 2 });
    const publisher = await connected(broker);
    await published(publisher, 'a', 'x'.repeat(100), 2);
    const { packetIdentifier } = await peer.receive('publish');
    // It has the message; that its PUBREC is lost makes no difference to it.
    peer.destroy();
    const back = await connected(broker, {
      ...session,
      properties: { sessionExpiryInterval: 100, maximumPacketSize: 60 },
    });
    expect(await back.receive('pubrel')).toMatchObject({ packetIdentifier });
    await published(publisher, 'a', 'next', 2);
    expect((await back.receive('publish')).packetIdentifier).not.toBe(packetIdentifier);
    back.send(acknowledgement('pubcomp', packetIdentifier));
    await back.expectNothing();
    const [info] = broker.sessions().filter(({ clientIdentifier }) => clientIdentifier === 'c');
    expect(info?.inFlightMessages).toBe(1);
  });

  test('a larger message is discarded, holds no identifier and stalls nothing [MQTT-3.1.2-24] [MQTT-3.1.2-25] (rmqtt 513)', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { properties: { maximumPacketSize: 60, receiveMaximum: 1 } });
    await subscribed(peer, 'a', { qos: 1 });
    const publisher = await connected(broker);
    for (const payload of ['x'.repeat(100), 'one', 'y'.repeat(100), 'two'])
      await published(publisher, 'a', payload, 1);
    await published(publisher, 'a', 'z'.repeat(100), 0);
    for (const expected of ['one', 'two']) {
      const packet = await peer.receive('publish');
      expect(text(packet)).toBe(expected);
      peer.send(acknowledgement('puback', packet.packetIdentifier));
    }
    await peer.expectNothing();
    expect(broker.sessions()[0]).toMatchObject({ inFlightMessages: 0, queuedMessages: 0 });
  });

  test.each([0, 1] as const)('the fixed header counts, at QoS %i (Mosquitto 3503)', async (qos) => {
    const { broker } = await openBroker();
    const size = 60;
    const peer = await connected(broker, { properties: { maximumPacketSize: size } });
    await subscribed(peer, 'a', { qos });
    const publisher = await connected(broker);
    const fitting = size - 2 - 3 - (qos === 0 ? 0 : 2) - 1;
    for (const length of [fitting + 1, fitting]) await published(publisher, 'a', 'x'.repeat(length), 1);
    expect((await peer.receive('publish')).payload).toHaveLength(fitting);
    await peer.expectNothing();
  });

  test('a session resumed with a smaller one drops what does not fit any more', async () => {
    const { broker } = await openBroker();
    const lasting = { clientIdentifier: 'c', cleanStart: false };
    const first = await connected(broker, { ...lasting, properties: { sessionExpiryInterval: 100 } });
    await subscribed(first, 'a', { qos: 1 });
    const publisher = await connected(broker);
    for (const payload of ['x'.repeat(100), 'small']) await published(publisher, 'a', payload, 1);
    await texts(first, 2);
    const second = await connected(broker, {
      ...lasting,
      properties: { sessionExpiryInterval: 100, maximumPacketSize: 60 },
    });
    expect(await texts(second, 1)).toEqual(['small']);
    await second.expectNothing();
  });

  test('answers lose their Reason String first [MQTT-3.2.2-19] [MQTT-3.14.2-3]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { properties: { maximumPacketSize: 20 } });
    peer.send([0x36, 0]);
    const packet = await peer.receive('disconnect');
    expect(packet).toMatchObject({ reasonCode: 0x81, properties: {} });
  });
});

describe('Topic Aliases', () => {
  test('towards the client stay within its maximum, and stand for the same topic [MQTT-3.1.2-26] [MQTT-3.3.2-11]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { properties: { topicAliasMaximum: 2 } });
    await subscribed(peer, 'topic/#', { qos: 1 });
    const publisher = await connected(broker);
    const names = new Map<number, string>();
    for (const topicName of ['topic/1', 'topic/2', 'topic/3', 'topic/1', 'topic/2', 'topic/3']) {
      await published(publisher, topicName, topicName, 1);
      const packet = await peer.receive('publish');
      const { topicAlias = 0 } = packet.properties;
      expect(topicAlias).toBeLessThanOrEqual(2);
      if (packet.topicName !== '') names.set(topicAlias, packet.topicName);
      expect(packet.topicName || names.get(topicAlias)).toBe(text(packet));
    }
    expect([...names.keys()].sort()).toEqual([0, 1, 2]);
  });

  test('are not used without Topic Alias Maximum, nor on 3.1.1 [MQTT-3.1.2-27]', async () => {
    const { broker } = await openBroker();
    for (const protocolVersion of [4, 5] as const) {
      const peer = await connected(broker, { protocolVersion });
      await subscribed(peer, 'topic/#');
      for (let count = 0; count < 2; count++) {
        await broker.publish({ topicName: 'topic/1' });
        expect(await peer.receive('publish')).toMatchObject({ topicName: 'topic/1', properties: {} });
      }
    }
  });

  test('from the client are resolved before anything else, from 1 to the maximum [MQTT-3.3.2-12]', async () => {
    const seen: string[] = [];
    const { broker } = await openBroker({
      limits: { topicAliasMaximum: 5 },
      hooks: { authorizePublish: (_, { topicName }) => seen.push(topicName) > 0 },
    });
    const watcher = await connected(broker);
    await subscribed(watcher, '#');
    const peer = await connected(broker);
    for (const topicAlias of [1, 5]) {
      peer.send(publish(`t/${topicAlias}`, '1', { properties: { topicAlias } }));
      peer.send(publish('', '2', { properties: { topicAlias } }));
      for (let count = 0; count < 2; count++) {
        expect(await watcher.receive('publish')).toMatchObject({
          topicName: `t/${topicAlias}`,
          properties: {},
        });
      }
    }
    peer.send(
      publish('other', '3', { properties: { topicAlias: 1 } }),
      publish('', '4', { properties: { topicAlias: 1 } }),
    );
    await peer.expectNothing();
    expect(seen).toEqual(['t/1', 't/1', 't/5', 't/5', 'other', 'other']);
  });

  test.each([
    ['0 [MQTT-3.3.2-8]', 'a', 0, 0x94],
    ['above the maximum [MQTT-3.3.2-9]', 'a', 6, 0x94],
    ['never set', '', 3, 0x82],
  ] as const)('%s: DISCONNECT (CVE-2021-34432)', async (_, topicName, topicAlias, code) => {
    const { broker } = await openBroker({ limits: { topicAliasMaximum: 5 } });
    const peer = await connected(broker);
    const topic = Buffer.from(topicName);
    peer.send([0x30, 6 + topic.length, 0, topic.length, ...topic, 3, 0x23, 0, topicAlias]);
    expect((await peer.receive('disconnect')).reasonCode).toBe(code);
  });

  test('end with their connection [MQTT-3.3.2-7]', async () => {
    const { broker } = await openBroker();
    const lasting = { clientIdentifier: 'c', cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const first = await connected(broker, lasting);
    first.send(publish('t', '', { properties: { topicAlias: 1 } }));
    await first.expectNothing();
    const second = await connected(broker, lasting);
    second.send(publish('', '', { properties: { topicAlias: 1 } }));
    expect((await second.receive('disconnect')).reasonCode).toBe(0x82);
  });
});

describe('Message Expiry Interval', () => {
  test('is reduced by the time in the broker, for queued and retained messages [MQTT-3.3.2-6] (HiveMQ 616)', async () => {
    const { broker, clock } = await openBroker();
    const lasting = { clientIdentifier: 'c', cleanStart: false, properties: { sessionExpiryInterval: 1000 } };
    const first = await connected(broker, lasting);
    await subscribed(first, 'a', { qos: 1 });
    first.send(disconnect());
    await first.closed();
    const publisher = await connected(broker);
    await published(publisher, 'a', 'x', 1, { retain: true, properties: { messageExpiryInterval: 60 } });
    clock.advance(20_500);
    const second = await connected(broker, lasting);
    expect((await second.receive('publish')).properties.messageExpiryInterval).toBe(40);
    const late = await connected(broker);
    await subscribed(late, 'a');
    expect((await late.receive('publish')).properties.messageExpiryInterval).toBe(40);
  });

  test('unchanged for a message that passes at once', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a');
    await broker.publish({ topicName: 'a', properties: { messageExpiryInterval: 7 } });
    expect((await peer.receive('publish')).properties.messageExpiryInterval).toBe(7);
  });

  test('an expired message is not sent, and holds no identifier [MQTT-3.3.2-5]', async () => {
    const { broker, clock } = await openBroker();
    const peer = await connected(broker, { properties: { receiveMaximum: 1 } });
    await subscribed(peer, 'a', { qos: 1 });
    const publisher = await connected(broker);
    await published(publisher, 'a', 'started', 1, { properties: { messageExpiryInterval: 1 } });
    await published(publisher, 'a', 'expires', 1, {
      retain: true,
      properties: { messageExpiryInterval: 10 },
    });
    await published(publisher, 'a', 'stays', 1);
    clock.advance(10_000);
    const packet = await peer.receive('publish');
    peer.send(acknowledgement('puback', packet.packetIdentifier));
    expect(await texts(peer, 1)).toEqual(['stays']);
    const late = await connected(broker);
    await subscribed(late, 'a');
    await late.expectNothing();
  });

  test('an exchange that has begun is finished although its message has expired [MQTT-4.3.3-7]', async () => {
    const { broker, clock } = await openBroker();
    const lasting = { clientIdentifier: 'c', cleanStart: false, properties: { sessionExpiryInterval: 1000 } };
    const first = await connected(broker, lasting);
    await subscribed(first, 'a', { qos: 2 });
    await published(await connected(broker), 'a', 'x', 2, { properties: { messageExpiryInterval: 1 } });
    const { packetIdentifier } = await first.receive('publish');
    clock.advance(60_000);
    const second = await connected(broker, lasting);
    expect(await second.receive('publish')).toMatchObject({ packetIdentifier, dup: true });
  });
});
