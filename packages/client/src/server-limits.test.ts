/** What the server announced in CONNACK is held before anything is sent. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from './client.js';
import { answer, ScriptedServer, settled } from './scripted-server.suite.js';

let server: ScriptedServer;
let client: Client;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => client?.destroy());

describe('publish', () => {
  test.each([
    ['a QoS above the Maximum QoS [MQTT-3.2.2-11]', { maximumQoS: 1 }, ['a', 'x', { qos: 2 }], 0x9b],
    ['a retained message [MQTT-3.2.2-14]', { retainAvailable: false }, ['a', 'x', { retain: true }], 0x9a],
    [
      'a packet above the Maximum Packet Size [MQTT-3.2.2-15]',
      { maximumPacketSize: 30 },
      ['a', 'x'.repeat(27)],
      0x95,
    ],
  ] as const)('%s is rejected, the connection goes on', async (_, properties, args, reasonCode) => {
    const { client: made, peer } = await server.connected({}, { properties });
    client = made;
    await expect(client.publish(...(args as unknown as Parameters<Client['publish']>))).rejects.toMatchObject(
      { code: 'PETREL_SERVER_LIMIT', reasonCode },
    );
    await client.publish('fits', 'x');
    expect((await peer.receive('publish')).topicName).toBe('fits');
  });

  test('what was published offline is checked when the limits are known', async () => {
    client = server.client();
    const tooHigh = client.publish('a', 'x', { qos: 2 });
    const fine = client.publish('b', 'x', { qos: 1 });
    const rejected = expect(tooHigh).rejects.toMatchObject({ code: 'PETREL_SERVER_LIMIT' });
    const { peer } = await server.handshake({ properties: { maximumQoS: 1 } });
    const packet = await peer.receive('publish');
    expect(packet.topicName).toBe('b');
    peer.send(answer('puback', packet.packetIdentifier));
    await Promise.all([rejected, fine]);
  });

  test('the largest packet that fits is sent', async () => {
    const { client: made, peer } = await server.connected({}, { properties: { maximumPacketSize: 30 } });
    client = made;
    await client.publish('a', 'x'.repeat(24));
    expect((await peer.receive('publish')).payload).toHaveLength(24);
  });
});

describe('subscribe', () => {
  test.each([
    ['wildcards', { wildcardSubscriptionAvailable: false }, 'a/+', 0xa2],
    ['Shared Subscriptions', { sharedSubscriptionAvailable: false }, '$share/g/a', 0x9e],
  ])('%s that the server does not have', async (_, properties, filter, reasonCode) => {
    const { client: made, peer } = await server.connected({}, { properties });
    client = made;
    await expect(client.subscribe(filter)).rejects.toMatchObject({ code: 'PETREL_SERVER_LIMIT', reasonCode });
    await settled();
    // Undoing it is harmless, asking for it would not be.
    expect(peer.unread.filter(({ type }) => type === 'subscribe')).toEqual([]);
  });

  test('Subscription Identifiers are left out where the server has none', async () => {
    const { client: made, peer } = await server.connected(
      {},
      { properties: { subscriptionIdentifiersAvailable: false } },
    );
    client = made;
    client.subscribe('a').catch(() => {});
    expect((await peer.receive('subscribe')).properties.subscriptionIdentifier).toBeUndefined();
  });

  test('a filter above the Maximum Packet Size is rejected [MQTT-3.2.2-15]', async () => {
    const { client: made } = await server.connected({}, { properties: { maximumPacketSize: 20 } });
    client = made;
    await expect(client.subscribe('a'.repeat(30))).rejects.toMatchObject({ code: 'PETREL_PACKET_TOO_LARGE' });
    expect(client.status).toBe('connected');
  });
});
