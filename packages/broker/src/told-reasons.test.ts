/** What hooks and the program may tell a client beside a Reason Code: why, where to go instead, and how to form Response Topics. */
import { describe, expect, test } from 'vitest';
import {
  connected,
  connectedWith,
  open,
  openBroker,
  publish,
  subscribe,
  subscribed,
} from './broker-fixture.suite.js';
import type { BrokerHooks, Refusal } from './hooks.js';
import { recordingLogger } from './recording-logger.suite.js';

const refusal = { reasonCode: 0x87, reasonString: 'closed on Sundays' };

describe('the reason of a refusal', () => {
  test.each<[string, BrokerHooks]>([
    ['authorizePublish', { authorizePublish: () => refusal }],
    ['publish', { publish: async () => refusal }],
  ])('of %s is in PUBACK and PUBREC', async (_, hooks) => {
    const { broker } = await openBroker({ hooks });
    const peer = await connected(broker);
    peer.send(publish('a', '', { qos: 1 }), publish('a', '', { qos: 2 }));
    const told = { reasonCode: 0x87, properties: { reasonString: 'closed on Sundays' } };
    expect(await peer.receive('puback')).toMatchObject(told);
    expect(await peer.receive('pubrec')).toMatchObject(told);
  });

  test.each<[string, BrokerHooks]>([
    ['authorizeSubscribe', { authorizeSubscribe: (_, { topicFilter }) => topicFilter !== 'b' || refusal }],
    ['subscribe', { subscribe: (_, { topicFilter }) => topicFilter !== 'b' || refusal }],
  ])('of %s is in SUBACK, the first one for all filters', async (_, hooks) => {
    const { broker } = await openBroker({ hooks });
    const peer = await connected(broker);
    expect(await subscribed(peer, ['a', 'b', 'c'])).toMatchObject({
      reasonCodes: [0, 0x87, 0],
      properties: { reasonString: 'closed on Sundays' },
    });
  });

  test('is left out where the client does not want it [MQTT-3.1.2-29]', async () => {
    const { broker } = await openBroker({
      hooks: { authorizePublish: () => refusal, authorizeSubscribe: () => refusal },
    });
    const peer = await connected(broker, { properties: { requestProblemInformation: false } });
    peer.send(publish('a', '', { qos: 1 }), publish('a', '', { qos: 2 }), subscribe('a'));
    expect(await peer.receive('puback')).toMatchObject({ reasonCode: 0x87, properties: {} });
    expect((await peer.receive('pubrec')).properties.reasonString).toBeUndefined();
    expect((await peer.receive('suback')).properties.reasonString).toBeUndefined();
  });

  test('is left out where it does not fit [MQTT-3.4.2-2] [MQTT-3.5.2-2] [MQTT-3.9.2-1]', async () => {
    const long = { reasonCode: 0x87, reasonString: 'x'.repeat(200) };
    const { broker } = await openBroker({
      hooks: { authorizePublish: () => long, authorizeSubscribe: () => long },
    });
    const peer = await connected(broker, { properties: { maximumPacketSize: 100 } });
    peer.send(publish('a', '', { qos: 1 }), publish('a', '', { qos: 2 }), subscribe('a'));
    expect((await peer.receive('puback')).properties.reasonString).toBeUndefined();
    expect((await peer.receive('pubrec')).properties.reasonString).toBeUndefined();
    expect((await peer.receive('suback')).properties.reasonString).toBeUndefined();
  });

  test('that MQTT cannot carry is left out, and the logger is told', async () => {
    const logger = recordingLogger();
    const { broker } = await openBroker({
      logger,
      hooks: { authorizePublish: () => ({ reasonCode: 0x87, reasonString: 'a\0b' }) },
    });
    const peer = await connected(broker);
    peer.send(publish('a', '', { qos: 1 }));
    const puback = await peer.receive('puback');
    expect(puback.reasonCode).toBe(0x87);
    expect(puback.properties.reasonString).toBeUndefined();
    expect(logger.errors).toMatchObject([{ code: 'PETREL_HOOK_FAILED' }]);
  });
});

describe('a Server Reference', () => {
  test.each([0x9c, 0x9d])('goes with CONNACK 0x%x of a hook', async (reasonCode) => {
    const { broker } = await openBroker({
      hooks: { authenticate: () => ({ reasonCode, serverReference: 'other:1883' }) },
    });
    const peer = open(broker);
    expect(await peer.connect()).toMatchObject({ reasonCode, properties: { serverReference: 'other:1883' } });
    await peer.closed();
  });

  test.each<[string, Refusal]>([
    ['another code', { reasonCode: 0x87, serverReference: 'other:1883' }],
    ['a text that MQTT cannot carry', { reasonCode: 0x9c, serverReference: '\ud800' }],
  ])('is left out with %s', async (_, refusal) => {
    const { broker } = await openBroker({ hooks: { connect: () => refusal } });
    const peer = open(broker);
    const connack = await peer.connect();
    expect(connack.reasonCode).toBe(refusal.reasonCode);
    expect(connack.properties.serverReference).toBeUndefined();
  });

  test('is nothing that MQTT 3.1.1 knows: 0x9C becomes "server unavailable"', async () => {
    const { broker } = await openBroker({
      hooks: { connect: () => ({ reasonCode: 0x9c, serverReference: 'other' }) },
    });
    const peer = open(broker, { protocolVersion: 4 });
    expect(await peer.connect({ protocolVersion: 4 })).toMatchObject({ reasonCode: 0x88 });
  });

  test('goes with the DISCONNECT of broker.disconnect()', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { clientIdentifier: 'c' });
    const reason = { reasonCode: 0x9d, reasonString: 'moved', serverReference: 'other' };
    expect(broker.disconnect('c', reason)).toBe(true);
    expect(await peer.receive('disconnect')).toMatchObject({
      reasonCode: 0x9d,
      properties: { reasonString: 'moved', serverReference: 'other' },
    });
    await peer.closed();
    expect(broker.disconnect('c', reason)).toBe(false);
  });

  test.each([
    [{ reasonCode: 0x00 }, 'option "reasonCode" must be one of DISCONNECT, 0x80 or above, got 0'],
    [{ reasonCode: 0x86 }, 'got 134 [MQTT-3.14.2-1]'],
    [{ serverReference: 'other' }, 'option "serverReference" needs the reasonCode 0x9C or 0x9D, got 152'],
    [{ reasonString: '\0' }, 'U+0000'],
  ])('and what else disconnect() may say is checked: %j', async (reason, message) => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { clientIdentifier: 'c' });
    expect(() => broker.disconnect('c', reason)).toThrow(message);
    await peer.expectNothing();
  });
});

describe('Response Information', () => {
  const hooks: BrokerHooks = {
    responseInformation: async ({ clientIdentifier }) => `replies/${clientIdentifier}`,
  };
  const asking = { clientIdentifier: 'c', properties: { requestResponseInformation: true } };

  test('is given to a client that asks for it [MQTT-3.1.2-28]', async () => {
    const { broker } = await openBroker({ hooks });
    const { connack } = await connectedWith(broker, asking);
    expect(connack.properties.responseInformation).toBe('replies/c');
  });

  test.each([{}, { requestResponseInformation: false }])(
    'is not given with %j [MQTT-3.1.2-28]',
    async (properties) => {
      const asked: unknown[] = [];
      const { broker } = await openBroker({
        hooks: { responseInformation: () => String(asked.push('asked')) },
      });
      const { connack } = await connectedWith(broker, { properties });
      expect(connack.properties.responseInformation).toBeUndefined();
      expect(asked).toEqual([]);
    },
  );

  test.each<[string, () => never]>([
    [
      'throws',
      () => {
        throw new Error('no idea');
      },
    ],
    ['answers a number', () => 7 as never],
    ['answers what MQTT cannot carry', () => '\0' as never],
  ])('of a hook that %s is none, and the logger is told', async (_, responseInformation) => {
    const logger = recordingLogger();
    const { broker } = await openBroker({ hooks: { responseInformation }, logger });
    const { connack } = await connectedWith(broker, asking);
    expect(connack.properties.responseInformation).toBeUndefined();
    expect(logger.errors).toMatchObject([{ code: 'PETREL_HOOK_FAILED' }]);
  });
});
