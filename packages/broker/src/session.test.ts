/** Sessions: made, resumed, expired, taken over, and what waits in them meanwhile. */
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
  connected,
  connectedWith,
  disconnect,
  open,
  openBroker,
  publish,
  published,
  subscribed,
  text,
  texts,
} from './broker-fixture.suite.js';

const lasting = {
  clientIdentifier: 'c',
  cleanStart: false,
  properties: { sessionExpiryInterval: 100 },
} as const;
const old = { clientIdentifier: 'c', cleanStart: false, protocolVersion: 4 } as const;

describe('Clean Start', () => {
  test('0 without a stored session makes one: Session Present 0 [MQTT-3.1.2-6] [MQTT-3.2.2-3]', async () => {
    const { broker } = await openBroker();
    expect((await connectedWith(broker, lasting)).connack.sessionPresent).toBe(false);
  });

  test('0 with a stored session resumes it: Session Present 1 [MQTT-3.1.2-5] [MQTT-3.2.2-3]', async () => {
    const { broker } = await openBroker();
    const first = await connected(broker, lasting);
    await subscribed(first, 'a', { qos: 1 });
    first.send(disconnect());
    await first.closed();
    const second = await connectedWith(broker, lasting);
    expect(second.connack.sessionPresent).toBe(true);
    await published(second.peer, 'a', 'x', 1).catch(() => {});
    expect(broker.sessions()[0]?.topicFilters).toEqual(['a']);
  });

  test('1 discards a stored session: Session Present 0 [MQTT-3.1.4-4] [MQTT-3.2.2-2]', async () => {
    const { broker } = await openBroker();
    const first = await connected(broker, lasting);
    await subscribed(first, 'a', { qos: 1 });
    first.send(disconnect());
    await first.closed();
    await published(await connected(broker), 'a', 'x', 1);
    const second = await connectedWith(broker, { ...lasting, cleanStart: true });
    expect(second.connack.sessionPresent).toBe(false);
    await second.peer.expectNothing();
    expect(broker.sessions().find(({ clientIdentifier }) => clientIdentifier === 'c')?.topicFilters).toEqual(
      [],
    );
  });

  test('1 is no expiry: the session made with it lasts as long as its interval says (VerneMQ 1129)', async () => {
    const { broker } = await openBroker();
    const first = await connected(broker, { ...lasting, cleanStart: true });
    first.send(disconnect());
    await first.closed();
    expect((await connectedWith(broker, lasting)).connack.sessionPresent).toBe(true);
  });

  test('0 and Session Expiry Interval 0: the session ends with the connection', async () => {
    const { broker } = await openBroker();
    const first = await connected(broker, { clientIdentifier: 'c', cleanStart: false });
    first.send(disconnect());
    await first.closed();
    expect(broker.sessions()).toEqual([]);
    expect((await connectedWith(broker, lasting)).connack.sessionPresent).toBe(false);
  });

  test('Clean Session of 3.1.1: 0 keeps, 1 forgets [MQTT-3.1.4-3] [MQTT-3.2.2-2]', async () => {
    const { broker } = await openBroker();
    for (const [cleanStart, sessionPresent] of [
      [false, false],
      [false, true],
      [true, false],
      [false, false],
    ] as const) {
      const { peer, connack } = await connectedWith(broker, { ...old, cleanStart });
      expect(connack.sessionPresent).toBe(sessionPresent);
      peer.send(disconnect());
      await peer.closed();
    }
  });
});

describe('Session Expiry Interval', () => {
  test('the session is deleted once it is over, not before [MQTT-4.1.0-2]', async () => {
    const { broker, clock } = await openBroker();
    const first = await connected(broker, lasting);
    first.send(disconnect());
    await first.closed();
    clock.advance(99_999);
    expect(broker.sessions()).toHaveLength(1);
    clock.advance(1);
    expect(broker.sessions()).toEqual([]);
    expect((await connectedWith(broker, lasting)).connack.sessionPresent).toBe(false);
  });

  test('does not run while connected, and starts anew with each disconnection', async () => {
    const { broker, clock } = await openBroker();
    for (let round = 0; round < 2; round++) {
      const peer = await connected(broker, lasting);
      clock.advance(1_000_000);
      await peer.expectNothing();
      peer.send(disconnect());
      await peer.closed();
      clock.advance(60_000);
      expect(broker.sessions()).toHaveLength(1);
    }
  });

  test('0xFFFFFFFF never expires where the broker allows that', async () => {
    const { broker, clock } = await openBroker({ limits: { maximumSessionExpiryInterval: 0xffffffff } });
    const peer = await connected(broker, { ...lasting, properties: { sessionExpiryInterval: 0xffffffff } });
    peer.send(disconnect());
    await peer.closed();
    clock.advance(2 ** 40);
    expect(broker.sessions()).toHaveLength(1);
  });

  test('above the maximum is cut, and CONNACK says so', async () => {
    const { broker, clock } = await openBroker({ limits: { maximumSessionExpiryInterval: 10 } });
    const { peer, connack } = await connectedWith(broker, lasting);
    expect(connack.properties.sessionExpiryInterval).toBe(10);
    peer.send(disconnect());
    await peer.closed();
    clock.advance(10_000);
    expect(broker.sessions()).toEqual([]);
  });

  test('DISCONNECT may change it', async () => {
    const { broker, clock } = await openBroker();
    const peer = await connected(broker, lasting);
    peer.send(disconnect(0, { sessionExpiryInterval: 5 }));
    await peer.closed();
    clock.advance(5000);
    expect(broker.sessions()).toEqual([]);
  });

  test('DISCONNECT with 0 ends the session', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, lasting);
    peer.send(disconnect(0, { sessionExpiryInterval: 0 }));
    await peer.closed();
    expect(broker.sessions()).toEqual([]);
  });

  test('DISCONNECT raising it from 0: protocol error', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { clientIdentifier: 'c' });
    peer.send(disconnect(0, { sessionExpiryInterval: 5 }));
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x82);
    expect(broker.sessions()).toEqual([]);
  });
});

describe('messages for an absent client', () => {
  test('QoS 1 and 2 wait, QoS 0 does not [MQTT-4.5.0-1] [MQTT-3.1.2-5]', async () => {
    const { broker } = await openBroker();
    for (const connect of [lasting, old]) {
      const first = await connected(broker, connect);
      await subscribed(first, 'a', { qos: 2 });
      first.send(disconnect());
      await first.closed();
      const publisher = await connected(broker);
      for (const qos of [0, 1, 2] as const) await published(publisher, 'a', `${qos}`, qos);
      const second = await connected(broker, connect);
      expect(await texts(second, 2)).toEqual(['1', '2']);
      await second.expectNothing();
      second.send(disconnect(0));
      await second.closed();
      await (await connected(broker, { ...connect, cleanStart: true })).expectNothing();
    }
  });

  test('wait in order, oldest first, and keep their payloads', async () => {
    const { broker } = await openBroker();
    const first = await connected(broker, lasting);
    await subscribed(first, 'a/#', { qos: 1 });
    first.destroy();
    await first.closed();
    const publisher = await connected(broker);
    const all = Array.from({ length: 300 }, (_, index) => `message ${index} ${'x'.repeat(index)}`);
    publisher.send(
      ...all.map((payload, index) =>
        publish(`a/${index % 7}`, payload, { qos: 1, packetIdentifier: index + 1 }),
      ),
    );
    for (const _ of all) await publisher.receive('puback');
    const second = await connected(broker, lasting);
    expect(await texts(second, all.length)).toEqual(all);
  });

  test.each([
    ['drop-oldest', ['3', '4']],
    ['drop-newest', ['1', '2']],
  ] as const)('beyond the bound: %s', async (overflow, expected) => {
    const { broker } = await openBroker({ limits: { sessionQueue: { maximumMessages: 2, overflow } } });
    const first = await connected(broker, lasting);
    await subscribed(first, 'a', { qos: 1 });
    first.send(disconnect());
    await first.closed();
    const publisher = await connected(broker);
    for (const payload of ['1', '2', '3', '4']) await published(publisher, 'a', payload, 1);
    expect(broker.metrics()).toMatchObject({ queuedMessages: 2, messagesDropped: 2 });
    const second = await connected(broker, lasting);
    expect(await texts(second, 2)).toEqual(expected);
    await second.expectNothing();
  });

  test('beyond the bound in bytes the oldest go', async () => {
    const { broker } = await openBroker({ limits: { sessionQueue: { maximumBytes: 5000 } } });
    const first = await connected(broker, lasting);
    await subscribed(first, 'a', { qos: 1 });
    first.send(disconnect());
    await first.closed();
    const publisher = await connected(broker);
    for (const payload of ['1', '2', '3', '4']) await published(publisher, 'a', payload.repeat(2000), 1);
    expect(broker.metrics().queuedBytes).toBeLessThanOrEqual(5000);
    const second = await connected(broker, lasting);
    expect((await texts(second, 2)).map((payload) => payload[0])).toEqual(['3', '4']);
  });
});

describe('a resumed session', () => {
  test('gets its unacknowledged QoS 1 messages again, with DUP and the same identifier [MQTT-4.4.0-1] [MQTT-3.3.1-1]', async () => {
    const { broker } = await openBroker();
    const first = await connected(broker, lasting);
    await subscribed(first, 'a', { qos: 1 });
    const publisher = await connected(broker);
    for (const payload of ['1', '2', '3']) await published(publisher, 'a', payload, 1);
    const sent = [
      await first.receive('publish'),
      await first.receive('publish'),
      await first.receive('publish'),
    ];
    first.send(acknowledgement('puback', sent[1]?.packetIdentifier ?? 0));
    await first.expectNothing();
    first.destroy();
    await first.closed();
    const second = await connected(broker, lasting);
    for (const expected of [sent[0], sent[2]]) {
      const again = await second.receive('publish');
      expect(again).toMatchObject({ dup: true, packetIdentifier: expected?.packetIdentifier });
      expect(Buffer.compare(again.payload, expected?.payload ?? Buffer.alloc(0))).toBe(0);
    }
    await second.expectNothing();
  });

  test('goes on with QoS 2 where it was: PUBREL is sent again, not PUBLISH [MQTT-4.4.0-1] [MQTT-4.3.3-6]', async () => {
    const { broker } = await openBroker();
    const first = await connected(broker, lasting);
    await subscribed(first, 'a', { qos: 2 });
    await published(await connected(broker), 'a', 'x', 2);
    const { packetIdentifier } = await first.receive('publish');
    first.send(acknowledgement('pubrec', packetIdentifier));
    await first.receive('pubrel');
    first.destroy();
    await first.closed();
    const second = await connected(broker, lasting);
    expect(await second.receive('pubrel')).toMatchObject({ packetIdentifier, reasonCode: 0 });
    second.send(acknowledgement('pubcomp', packetIdentifier));
    await second.expectNothing();
    expect(broker.sessions().find(({ clientIdentifier }) => clientIdentifier === 'c')?.inFlightMessages).toBe(
      0,
    );
  });

  test('remembers QoS 2 identifiers it received: the message is not delivered twice [MQTT-4.3.3-10]', async () => {
    const { broker } = await openBroker();
    const subscriber = await connected(broker);
    await subscribed(subscriber, 'a');
    const first = await connected(broker, lasting);
    first.send(publish('a', 'x', { qos: 2, packetIdentifier: 77 }));
    await first.receive('pubrec');
    first.destroy();
    await first.closed();
    const second = await connected(broker, lasting);
    second.send(publish('a', 'x', { qos: 2, packetIdentifier: 77, dup: true }));
    await second.receive('pubrec');
    second.send(acknowledgement('pubrel', 77));
    expect((await second.receive('pubcomp')).reasonCode).toBe(0);
    expect(await texts(subscriber, 1)).toEqual(['x']);
    await subscriber.expectNothing();
  });

  test('forgets QoS 2 identifiers with Clean Start (Aedes GHSA-p8r9-qf8w-p73r)', async () => {
    const { broker } = await openBroker();
    const subscriber = await connected(broker);
    await subscribed(subscriber, 'a');
    const first = await connected(broker, lasting);
    first.send(publish('a', 'one', { qos: 2, packetIdentifier: 77 }));
    await first.receive('pubrec');
    const second = await connected(broker, { ...lasting, cleanStart: true });
    expect(await published(second, 'a', 'two', 2, { packetIdentifier: 77 })).toBe(0);
    expect(await texts(subscriber, 2)).toEqual(['one', 'two']);
  });

  test('gets nothing retained for its old subscriptions', async () => {
    const { broker } = await openBroker();
    const publisher = await connected(broker);
    const first = await connected(broker, lasting);
    await subscribed(first, 'a');
    first.send(disconnect());
    await first.closed();
    await published(publisher, 'a', 'retained', 1, { retain: true });
    const second = await connected(broker, lasting);
    await second.expectNothing();
  });
});

describe('takeover', () => {
  test('the displaced client gets DISCONNECT 0x8E and is closed [MQTT-3.1.4-3]', async () => {
    const { broker } = await openBroker();
    const first = await connected(broker, lasting);
    const second = await connectedWith(broker, lasting);
    expect((await first.receive('disconnect')).reasonCode).toBe(0x8e);
    await first.closed();
    expect(second.connack.sessionPresent).toBe(true);
    await second.peer.expectNothing();
  });

  test('a displaced client of 3.1.1 is just closed [MQTT-3.1.4-2]', async () => {
    const { broker } = await openBroker();
    const first = await connected(broker, old);
    const { connack } = await connectedWith(broker, old);
    expect(await first.closed()).toEqual([]);
    expect(connack.sessionPresent).toBe(true);
  });

  test('what the old connection did not acknowledge goes to the new one', async () => {
    const { broker } = await openBroker();
    const first = await connected(broker, lasting);
    await subscribed(first, 'a', { qos: 1 });
    await published(await connected(broker), 'a', 'x', 1);
    await first.receive('publish');
    const second = await connected(broker, lasting);
    const again = await second.receive('publish');
    expect(again.dup).toBe(true);
    expect(text(again)).toBe('x');
  });

  test('of a session whose interval was 0 finds no session', async () => {
    const { broker } = await openBroker();
    const first = await connected(broker, { clientIdentifier: 'c' });
    await subscribed(first, 'a');
    const second = await connectedWith(broker, lasting);
    expect(second.connack.sessionPresent).toBe(false);
    await first.closed();
    expect(broker.sessions()[0]).toMatchObject({ topicFilters: [], connected: true });
  });

  test('a client that comes back a thousand times leaves nothing behind', async () => {
    const { broker } = await openBroker();
    for (let round = 0; round < 1000; round++) open(broker).send({ type: 'pingreq' });
    for (let round = 0; round < 100; round++) await connected(broker, lasting);
    expect(broker.metrics()).toMatchObject({ connections: 1, sessions: 1 });
  });
});
