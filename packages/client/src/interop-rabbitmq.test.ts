/** The client against RabbitMQ 3.10, which speaks MQTT 3.1.1 over TCP and WebSocket, and QoS 0 and 1 of it. */
import { describePeer, findRabbitMq, type RunningBroker, startRabbitMq } from '@petrel/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BrokerTraits,
  closeClientsAfterEach,
  collector,
  connected,
  interopSuite,
} from './interop.suite.js';

closeClientsAfterEach();

describePeer(findRabbitMq(), 'RabbitMQ', () => {
  let broker: RunningBroker;
  beforeAll(async () => {
    broker = await startRabbitMq();
  }, 120_000);
  afterAll(() => broker?.stop(), 30_000);

  test('refuses MQTT 5, so we speak 3.1.1', async () => {
    const client = await connected({ url: broker.url });
    expect(client.server?.protocolVersion).toBe(4);
  });

  const traits: BrokerTraits = { qosLevels: [0, 1] };
  describe('TCP', () => interopSuite(() => ({ url: broker.url }), traits));
  // To MQTT.js its WebSocket side does the same.
  describe('WebSocket', () =>
    interopSuite(() => ({ url: broker.webSocketUrl }), { ...traits, willAfterDisconnect: true }));

  test('grants QoS 1 to who asks for 2', async () => {
    const client = await connected({ url: broker.url });
    const { handler, count } = collector();
    await client.subscribe('petrel/two', { qos: 2 }, handler);
    await client.publish('petrel/two', 'x', { qos: 1 });
    expect((await count(1))[0]?.qos).toBe(1);
  });

  test('answers QoS 2 with PUBACK, so we reject that message and go on', async () => {
    const client = await connected({ url: broker.url, reconnect: { minDelayMs: 1, maxDelayMs: 5 } });
    await expect(client.publish('petrel/two', 'x', { qos: 2 })).rejects.toMatchObject({
      code: 'PETREL_ACKNOWLEDGEMENT_INVALID',
    });
    await client.publish('petrel/two', 'x', { qos: 1 });
  });
});
