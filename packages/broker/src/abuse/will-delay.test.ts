/** Wills that wait for longer than there is anybody to wait for. */
import { describe, expect, test } from 'vitest';
import { acknowledgement, connected, disconnect, subscribed, text } from '../broker-fixture.suite.js';
import { openAttackedBroker } from './attacked-broker.suite.js';

const will = (willDelayInterval: number) => ({
  topicName: 'last/words',
  payload: Buffer.from('gone'),
  qos: 1 as const,
  retain: false,
  properties: { willDelayInterval },
});

describe('15 will delay above session expiry (CVE-2019-11778)', () => {
  test.each([
    [11, 10],
    [0xffffffff, 10],
    [0xffffffff, 1],
  ])(
    'a delay of %i s with a session of %i s: published once, when the session ends [MQTT-3.1.2-8]',
    async (delay, sessionExpiryInterval) => {
      const { broker, clock, bystander, assertServes } = await openAttackedBroker();
      await subscribed(bystander, 'last/words', { qos: 1 });
      const peer = await connected(broker, { will: will(delay), properties: { sessionExpiryInterval } });
      peer.destroy();
      await bystander.expectNothing();
      clock.advance(sessionExpiryInterval * 1000 - 1);
      await bystander.expectNothing();
      clock.advance(1);
      const message = await bystander.receive('publish');
      expect(text(message)).toBe('gone');
      bystander.send(acknowledgement('puback', message.packetIdentifier));
      clock.advance(604_000_000);
      await bystander.expectNothing();
      expect(broker.sessions().map((session) => session.clientIdentifier)).toEqual(['bystander']);
      await assertServes();
    },
  );

  test('without a session it does not wait at all', async () => {
    const { broker, bystander, assertServes } = await openAttackedBroker();
    await subscribed(bystander, 'last/words', { qos: 0 });
    const peer = await connected(broker, { will: will(0xffffffff) });
    peer.destroy();
    expect(text(await bystander.receive('publish'))).toBe('gone');
    await assertServes();
  });

  test('a session that DISCONNECT makes shorter takes its Will with it', async () => {
    const { broker, clock, bystander, assertServes } = await openAttackedBroker();
    await subscribed(bystander, 'last/words', { qos: 0 });
    const peer = await connected(broker, { will: will(100), properties: { sessionExpiryInterval: 50 } });
    peer.send(disconnect(0x04, { sessionExpiryInterval: 5 }));
    await peer.closed();
    await bystander.expectNothing();
    clock.advance(5_000);
    expect(text(await bystander.receive('publish'))).toBe('gone');
    await assertServes();
  });

  test('a thousand of them wait behind one timer and leave none', async () => {
    const { broker, clock, bystander, assertServes } = await openAttackedBroker();
    await subscribed(bystander, 'last/words', { qos: 0 });
    const timers = clock.pending;
    for (let index = 0; index < 1_000; index++) {
      const peer = await connected(broker, {
        will: will(0xffffffff),
        properties: { sessionExpiryInterval: 9 },
      });
      peer.destroy();
    }
    await bystander.expectNothing();
    expect(clock.pending).toBeLessThanOrEqual(timers + 1);
    clock.advance(9_000);
    for (let index = 0; index < 1_000; index++) await bystander.receive('publish');
    expect(broker.metrics().sessions).toBe(1);
    await assertServes();
  });
});
