/** Answers of a hostile server to what nobody asked, or not in this way. */
import { describe, expect, test } from 'vitest';
import { answer, publish, settled } from '../scripted-server.suite.js';
import { field, openAttackedClient, packetOf } from './attacked-client.suite.js';

describe('27 packet order no server would send (CVE-2024-36856, CVE-2024-35512)', () => {
  test('acknowledgements of messages that were never sent', async () => {
    const { peer, assertServes } = await openAttackedClient();
    peer.send(answer('puback', 999), answer('pubcomp', 999), answer('pubrec', 998), answer('pubrel', 997));
    expect(await peer.receive('pubrel')).toMatchObject({ packetIdentifier: 998, reasonCode: 0x92 });
    expect(await peer.receive('pubcomp')).toMatchObject({ packetIdentifier: 997, reasonCode: 0x92 });
    await assertServes();
  });

  test.each(['pubrec', 'pubcomp'] as const)(
    'a %s for a QoS 1 message is no acknowledgement of it, and fails it',
    async (type) => {
      const { peer, asked, assertRefuses, assertServes } = await openAttackedClient();
      peer.send(answer(type, asked.publish));
      await assertRefuses(0x82);
      await assertServes({ sentFails: 'PETREL_ACKNOWLEDGEMENT_INVALID' });
    },
  );

  test('a second CONNACK [MQTT-3.2.0-2]', async () => {
    const { peer, assertRefuses, assertServes } = await openAttackedClient();
    peer.send(packetOf(0x20, [0, 0, 0]));
    await assertRefuses(0x82);
    await assertServes();
  });

  test('a SUBACK with several codes for one filter: the subscription is asked for again [MQTT-3.8.4-6]', async () => {
    const { peer, asked, assertRefuses, assertServes } = await openAttackedClient();
    peer.send(packetOf(0x90, [0, asked.subscribe], [0], [1, 0, 2]));
    await assertRefuses(0x82);
    await assertServes();
  });

  test('an UNSUBACK for a SUBSCRIBE', async () => {
    const { peer, asked, assertRefuses, assertServes } = await openAttackedClient();
    peer.send(packetOf(0xb0, [0, asked.subscribe], [0], [0]));
    await assertRefuses(0x82);
    await assertServes();
  });

  test('SUBACK and UNSUBACK for identifiers that were never used', async () => {
    const { peer, assertServes } = await openAttackedClient();
    peer.send(packetOf(0x90, [3, 0], [0], [0]), packetOf(0xb0, [3, 0], [0], [0]));
    await settled();
    await assertServes();
  });

  test('a thousand PINGRESP that nobody asked for', async () => {
    const { peer, assertServes } = await openAttackedClient();
    peer.send(new Uint8Array(2_000).map((_, index) => (index % 2 === 0 ? 0xd0 : 0)));
    await settled();
    await assertServes();
  });

  test('packets behind DISCONNECT are not read [MQTT-3.14.4-1]', async () => {
    const { peer, client, assertServes } = await openAttackedClient();
    const heard: string[] = [];
    client.on('message', ({ topicName }) => heard.push(topicName));
    peer.send(
      { type: 'disconnect', reasonCode: 0x8b, properties: {} },
      publish({ topicName: 'wanted', payload: Buffer.from('too late') }),
    );
    await peer.closed();
    expect(heard).toEqual([]);
    await assertServes();
  });
});

describe('28 client-only packet from a server (CVE-2021-28166)', () => {
  test.each([
    ['CONNECT', packetOf(0x10, field('MQTT'), [5, 2, 0, 0, 0], field('x'))],
    ['SUBSCRIBE', packetOf(0x82, [0, 1], [0], field('a'), [0])],
    ['UNSUBSCRIBE', packetOf(0xa2, [0, 1], [0], field('a'))],
    ['PINGREQ', packetOf(0xc0)],
    ['DISCONNECT with a Session Expiry Interval', packetOf(0xe0, [0x8b, 5, 0x11, 0, 0, 0, 9])],
    ['DISCONNECT 0x04, which only clients send', packetOf(0xe0, [0x04])],
    ['AUTH, where CONNECT named no method', packetOf(0xf0, [0x18, 0])],
    ['packet type 0', packetOf(0x00)],
  ])('%s: DISCONNECT 0x81 or 0x82', async (_name, bytes) => {
    const { peer, assertServes } = await openAttackedClient();
    peer.send(bytes);
    const last = (await peer.closed()).at(-1);
    expect(last).toMatchObject({ type: 'disconnect' });
    expect(last?.type === 'disconnect' && last.reasonCode).toSatisfy(
      (code) => code === 0x81 || code === 0x82,
    );
    await assertServes();
  });

  test.each([
    ['PUBACK', 0x41, [0, 1]],
    ['PUBREL', 0x60, [0, 1]],
    ['SUBACK', 0x92, [0, 1, 0, 0]],
    ['PINGRESP', 0xd1, []],
    ['PUBLISH with QoS 3', 0x36, [...field('a'), 0, 1, 0]],
    ['PUBLISH with DUP at QoS 0', 0x38, [...field('a'), 0]],
  ] as const)('%s with flags that it does not have [MQTT-2.1.3-1]', async (_name, firstByte, body) => {
    const { peer, assertRefuses, assertServes } = await openAttackedClient();
    peer.send(packetOf(firstByte, [...body]));
    await assertRefuses(0x81);
    await assertServes();
  });
});
