/** CONNECT and CONNACK: who gets in, with which session and under which terms. */
import type { ConnectPacket } from '@petrel/protocol';
import { connectPacket } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import {
  connected,
  connectedWith,
  disconnect,
  open,
  openBroker,
  publish,
  subscribed,
} from './broker-fixture.suite.js';

/** A CONNECT of MQTT 5 as bytes, from its Connect Flags on; everything empty unless given. */
function rawConnect(
  flags: number,
  rest: readonly number[] = [0, 0, 0, 0, 0],
  name = 'MQTT',
  level = 5,
): number[] {
  const body = [0, name.length, ...Buffer.from(name), level, flags, ...rest];
  return [0x10, body.length, ...body];
}

describe('an accepted CONNECT', () => {
  test('is answered CONNACK 0x00 before anything else [MQTT-3.1.4-5] [MQTT-3.2.0-1]', async () => {
    const { broker } = await openBroker();
    const peer = open(broker);
    peer.send(connectPacket(), { type: 'pingreq' });
    const connack = await peer.receive('connack');
    expect(connack).toMatchObject({ reasonCode: 0, sessionPresent: false });
    await peer.receive('pingresp');
  });

  test('is answered by one CONNACK only [MQTT-3.2.0-2]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await peer.expectNothing();
  });

  test('may be followed by other packets in the same chunk', async () => {
    const { broker } = await openBroker({ hooks: { authenticate: async () => true } });
    const peer = open(broker);
    peer.send(connectPacket(), publish('a', 'x', { qos: 1 }));
    await peer.receive('connack');
    await peer.receive('puback');
  });

  test('of every version works side by side on one broker', async () => {
    const { broker } = await openBroker();
    for (const protocolVersion of [3, 4, 5] as const) {
      const peer = await connected(broker, { protocolVersion });
      await peer.expectNothing();
    }
    expect(broker.metrics().connections).toBe(3);
  });

  test('gets the limits of the broker, and no properties on 3.1.1', async () => {
    const { broker } = await openBroker({
      limits: {
        receiveMaximum: 7,
        maximumPacketSizeBytes: 4096,
        maximumQoS: 1,
        retainAvailable: false,
        topicAliasMaximum: 3,
      },
    });
    const { connack } = await connectedWith(broker);
    expect(connack.properties).toMatchObject({
      receiveMaximum: 7,
      maximumPacketSize: 4096,
      maximumQoS: 1, // [MQTT-3.2.2-9]
      retainAvailable: false,
      topicAliasMaximum: 3,
    });
    const old = await connectedWith(broker, { protocolVersion: 4 });
    expect(old.connack.properties).toEqual({});
  });

  test('without Request Response Information gets no Response Information [MQTT-3.1.2-28]', async () => {
    const { broker } = await openBroker();
    const { connack } = await connectedWith(broker, { properties: { requestResponseInformation: false } });
    expect(connack.properties.responseInformation).toBeUndefined();
  });

  test('without Authentication Method is answered without one [MQTT-4.12.0-6]', async () => {
    const { broker } = await openBroker();
    const { connack } = await connectedWith(broker);
    expect(connack.properties.authenticationMethod).toBeUndefined();
  });
});

describe('a client with a small Maximum Packet Size', () => {
  test('gets a refusal without the Reason String that does not fit [MQTT-3.2.2-19] [MQTT-3.2.2-20]', async () => {
    const reasonString = 'a reason that takes more than ten bytes';
    const { broker } = await openBroker({
      hooks: { authenticate: () => ({ reasonCode: 0x87, reasonString }) },
    });
    const peer = open(broker);
    expect(await peer.connect({ properties: { maximumPacketSize: 10 } })).toMatchObject({
      reasonCode: 0x87,
      properties: {},
    });
  });

  test('that even CONNACK exceeds is closed, with nothing sent that is larger [MQTT-3.1.2-24] [MQTT-3.2.0-1]', async () => {
    const { broker } = await openBroker();
    const peer = open(broker);
    peer.send({ ...connectPacket(5), properties: { maximumPacketSize: 6 } });
    expect(await peer.closed()).toMatchObject([{ type: 'connack', reasonCode: 0x95 }]);
  });
});

describe('the Client Identifier', () => {
  test('of 1 to 23 letters and digits is accepted [MQTT-3.1.3-5]', async () => {
    const { broker } = await openBroker();
    for (const clientIdentifier of ['a', '0123456789abcdefghijKLM'])
      await connected(broker, { clientIdentifier });
    expect(broker.sessions().map((session) => session.clientIdentifier)).toHaveLength(2);
  });

  test('that is empty is replaced by a unique one and reported [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16]', async () => {
    const { broker } = await openBroker();
    const first = await connectedWith(broker, { clientIdentifier: '' });
    const second = await connectedWith(broker, { clientIdentifier: '', cleanStart: false });
    const assigned = [first, second].map(({ connack }) => connack.properties.assignedClientIdentifier);
    expect(new Set(assigned).size).toBe(2);
    expect(broker.sessions().map(({ clientIdentifier }) => clientIdentifier)).toEqual(assigned);
  });

  test('that is empty works on 3.1.1 with Clean Session [MQTT-3.1.3-6]', async () => {
    const { broker } = await openBroker();
    await connected(broker, { protocolVersion: 4, clientIdentifier: '' });
  });

  test('that is empty is refused on 3.1.1 without Clean Session [MQTT-3.1.3-8]', async () => {
    const { broker } = await openBroker();
    const peer = open(broker, { protocolVersion: 4 });
    peer.send({ ...connectPacket(4), clientIdentifier: '', cleanStart: false });
    expect(await peer.receive('connack')).toMatchObject({ reasonCode: 0x85, sessionPresent: false }); // [MQTT-3.2.2-4]
    await peer.closed();
  });

  test('that is empty is refused on 3.1', async () => {
    const { broker } = await openBroker();
    const peer = open(broker, { protocolVersion: 3 });
    peer.send({ ...connectPacket(3), clientIdentifier: '' });
    expect((await peer.receive('connack')).reasonCode).toBe(0x85);
    await peer.closed();
  });
});

describe('a refused CONNECT', () => {
  const wrong: readonly (readonly [string, number[]])[] = [
    ['reserved Connect Flag set [MQTT-3.1.2-3]', rawConnect(0x03)],
    ['Will QoS 3 [MQTT-3.1.2-12]', rawConnect(0x1e)],
    ['Will QoS without Will [MQTT-3.1.2-11]', rawConnect(0x0a)],
    ['Will Retain without Will [MQTT-3.1.2-13]', rawConnect(0x22)],
    ['missing Client Identifier [MQTT-3.1.4-1]', rawConnect(0x02, [0, 0, 0])],
    ['bytes behind the last field [MQTT-3.1.4-1]', rawConnect(0x02, [0, 0, 0, 0, 0, 9])],
    ['ill-formed UTF-8 in the Client Identifier [MQTT-1.5.4-1]', rawConnect(0x02, [0, 0, 0, 0, 1, 0xff])],
    ['U+0000 in the Client Identifier [MQTT-1.5.4-2]', rawConnect(0x02, [0, 0, 0, 0, 1, 0])],
    ['unknown protocol name [MQTT-3.1.2-1]', rawConnect(0x02, undefined, 'MQTX')],
  ];
  test.each(wrong)('%s: closed, and nothing is left of it', async (_, bytes) => {
    const { broker } = await openBroker();
    const peer = open(broker);
    peer.send(bytes, [0xc0, 0]);
    const answers = await peer.closed(); // [MQTT-3.1.4-6]
    expect(answers.filter((packet) => packet.type !== 'connack')).toEqual([]);
    for (const packet of answers) expect(packet).toMatchObject({ sessionPresent: false }); // [MQTT-3.2.2-6]
    expect(broker.sessions()).toEqual([]);
  });

  test('of protocol version 6: CONNACK 0x84, then closed [MQTT-3.1.2-2]', async () => {
    const { broker } = await openBroker();
    const peer = open(broker);
    peer.send(rawConnect(0x02, undefined, 'MQTT', 6));
    expect((await peer.receive('connack')).reasonCode).toBe(0x84);
    await peer.closed();
  });

  test('of protocol level 2: the return code of 3.1.1, then closed [MQTT-3.1.2-2]', async () => {
    const { broker } = await openBroker();
    const peer = open(broker, { protocolVersion: 4 });
    peer.send(rawConnect(0x02, [0, 0, 0, 0], 'MQTT', 2));
    expect((await peer.receive('connack')).reasonCode).toBe(0x84);
    await peer.closed();
  });

  test('malformed on 3.1.1: closed without CONNACK [MQTT-3.1.4-1] [MQTT-3.2.2-6]', async () => {
    const { broker } = await openBroker();
    const peer = open(broker, { protocolVersion: 4 });
    peer.send(rawConnect(0x03, [0, 0, 0, 0], 'MQTT', 4));
    expect(await peer.closed()).toEqual([]);
  });

  test('with an Authentication Method: CONNACK 0x8C [MQTT-4.12.0-1] [MQTT-4.12.0-4]', async () => {
    const { broker } = await openBroker();
    const peer = open(broker);
    const connack = await peer.connect({ properties: { authenticationMethod: 'SCRAM-SHA-1' } });
    expect(connack.reasonCode).toBe(0x8c);
    await peer.closed(); // [MQTT-3.2.2-7]
  });

  test.each([
    ['Will QoS above the Maximum QoS [MQTT-3.2.2-12]', { maximumQoS: 0 } as const, 0x9b],
    ['Will Retain without retain support [MQTT-3.2.2-13]', { retainAvailable: false }, 0x9a],
  ])('%s', async (_, limits, expected) => {
    const { broker } = await openBroker({ limits });
    const peer = open(broker);
    const will = { topicName: 'w', payload: Buffer.from(''), qos: 1, retain: true, properties: {} } as const;
    const connack = await peer.connect({ will });
    expect(connack.reasonCode).toBe(expected);
    await peer.closed();
  });

  test('beyond the number of sessions: CONNACK 0x97', async () => {
    const { broker } = await openBroker({ limits: { maximumSessions: 1 } });
    await connected(broker);
    const peer = open(broker);
    expect((await peer.connect()).reasonCode).toBe(0x97);
    await peer.closed();
  });

  test('beyond the number of connections: cut off', async () => {
    const { broker } = await openBroker({ limits: { maximumConnections: 1 } });
    const first = await connected(broker);
    expect(await open(broker).closed()).toEqual([]);
    await first.expectNothing();
  });
});

describe('order of packets', () => {
  const others: readonly (readonly [string, number[]])[] = [
    ['PUBLISH', [0x30, 4, 0, 1, 97, 0]],
    ['SUBSCRIBE', [0x82, 7, 0, 1, 0, 0, 1, 97, 0]],
    ['PINGREQ', [0xc0, 0]],
    ['DISCONNECT', [0xe0, 0]],
    ['PUBACK', [0x40, 2, 0, 1]],
    ['AUTH', [0xf0, 0]],
  ];
  test.each(others)('%s first: closed without an answer [MQTT-3.1.0-1]', async (_, bytes) => {
    const { broker } = await openBroker();
    const peer = open(broker);
    peer.send(bytes);
    expect(await peer.closed()).toEqual([]); // [MQTT-3.14.0-1]
  });

  test('a second CONNECT: DISCONNECT 0x82, closed [MQTT-3.1.0-2] [MQTT-4.13.1-1]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    peer.send(connectPacket());
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x82);
    await peer.closed();
  });

  test('a second CONNECT on 3.1.1: closed without a packet [MQTT-3.1.0-2]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { protocolVersion: 4 });
    peer.send(connectPacket(4));
    expect(await peer.closed()).toEqual([]);
  });

  test('no CONNECT in time: closed', async () => {
    const { broker, clock } = await openBroker({ limits: { connectTimeoutMs: 3000 } });
    const peer = open(broker);
    clock.advance(3000);
    expect(await peer.closed()).toEqual([]);
  });

  test('a DISCONNECT of the broker never has a Session Expiry Interval [MQTT-3.14.2-2]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, {
      clientIdentifier: 'c',
      properties: { sessionExpiryInterval: 10 },
    });
    expect(broker.disconnect('c')).toBe(true);
    const packet = await peer.receive('disconnect');
    expect(packet).toMatchObject({ reasonCode: 0x98 });
    expect(packet.properties.sessionExpiryInterval).toBeUndefined();
    expect(broker.disconnect('c')).toBe(false);
  });
});

describe('Keep Alive', () => {
  test.each([4, 5] as const)(
    'silent for one and a half times of it: closed, as if the network had failed, version %i [MQTT-3.1.2-22] [MQTT-3.1.2-24]',
    async (protocolVersion) => {
      const { broker, clock } = await openBroker();
      const peer = await connected(broker, { protocolVersion, keepAlive: 10 });
      clock.advance(14_000);
      await peer.expectNothing();
      clock.advance(15_000);
      const last = await peer.closed();
      expect(last.map((packet) => packet.type === 'disconnect' && packet.reasonCode)).toEqual(
        protocolVersion === 5 ? [0x8d] : [],
      );
    },
  );

  test('of the client holds without Server Keep Alive, and 0 means none [MQTT-3.2.2-22]', async () => {
    const { broker, clock } = await openBroker();
    const { peer, connack } = await connectedWith(broker, { keepAlive: 0 });
    expect(connack.properties.serverKeepAlive).toBeUndefined();
    clock.advance(100_000_000);
    await peer.expectNothing();
  });

  const limits: readonly (readonly [string, Partial<ConnectPacket>, object, number | undefined])[] = [
    ['a fixed one', { keepAlive: 60 }, { serverKeepAlive: 5 }, 5],
    ['above the maximum', { keepAlive: 600 }, { maximumKeepAlive: 30 }, 30],
    ['never, above the maximum', { keepAlive: 0 }, { maximumKeepAlive: 30 }, 30],
    ['below the maximum', { keepAlive: 20 }, { maximumKeepAlive: 30 }, undefined],
  ];
  test.each(limits)(
    '%s is told as Server Keep Alive and holds [MQTT-3.1.2-21]',
    async (_, connect, limit, told) => {
      const { broker, clock } = await openBroker({ limits: limit });
      const { peer, connack } = await connectedWith(broker, connect);
      expect(connack.properties.serverKeepAlive).toBe(told);
      clock.advance((told ?? 20) * 1500);
      expect((await peer.receive('disconnect')).reasonCode).toBe(0x8d);
    },
  );

  test('a trickle of bytes that is no packet does not count', async () => {
    const { broker, clock } = await openBroker();
    const peer = await connected(broker, { keepAlive: 10 });
    peer.send([0x30, 100, 0]);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(8000);
    peer.send([1]);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(7000);
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x8d);
  });
});

describe('DISCONNECT and PINGREQ', () => {
  test('PINGREQ is answered [MQTT-3.12.4-1]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { protocolVersion: 4 });
    peer.send({ type: 'pingreq' });
    await peer.receive('pingresp');
  });

  test('DISCONNECT is answered by closing, and nothing behind it counts', async () => {
    const { broker } = await openBroker();
    const other = await connected(broker);
    await subscribed(other, 'a');
    const peer = await connected(broker);
    peer.send(disconnect(), publish('a'));
    expect(await peer.closed()).toEqual([]);
    await other.expectNothing();
  });

  test('DISCONNECT with reserved flags: closed [MQTT-3.14.1-1]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { protocolVersion: 4 });
    peer.send([0xe1, 0]);
    expect(await peer.closed()).toEqual([]);
  });

  test('AUTH on a connection without Authentication Method: DISCONNECT 0x82 [MQTT-4.12.0-6]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    peer.send({ type: 'auth', reasonCode: 0x19, properties: { authenticationMethod: 'x' } });
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x82);
  });
});
