/** Topics and names that mean something to the broker itself: 12, 13, 16, 20. */
import { expect, test } from 'vitest';
import { connected, open, openBroker, published, subscribed } from '../broker-fixture.suite.js';
import { openAttackedBroker } from './attacked-broker.suite.js';

const reserved = ['$SYS/broker/uptime', '$SYS', '$share/g/a', '$share'];

test.each(reserved)('13 a Will to %s is refused at CONNECT (Mosquitto 2.0.16)', async (topicName) => {
  const { broker, bystander, assertServes } = await openAttackedBroker();
  await subscribed(bystander, '$SYS/#');
  const peer = open(broker);
  const will = { topicName, payload: Buffer.from('x'), qos: 0, retain: true, properties: {} } as const;
  expect((await peer.connect({ will })).reasonCode).toBe(0x87);
  await peer.closed();
  await bystander.expectNothing();
  expect(broker.metrics().retainedMessages).toBe(0);
  await assertServes();
});

test.each(reserved)('20 clients cannot publish to %s (CVE-2026-33217)', async (topicName) => {
  const { broker } = await openBroker();
  const watcher = await connected(broker);
  await subscribed(watcher, '$SYS/#');
  const peer = await connected(broker);
  expect(await published(peer, topicName, 'x', 1, { retain: true })).toBe(0x87);
  await watcher.expectNothing();
  expect(broker.metrics().retainedMessages).toBe(0);
});

test('20 other topics that begin with $ belong to everybody', async () => {
  const { broker } = await openBroker();
  const watcher = await connected(broker);
  await subscribed(watcher, '$SYSTEM/#');
  expect(await published(await connected(broker), '$SYSTEM/a', 'x', 1)).toBe(0);
  expect((await watcher.receive('publish')).topicName).toBe('$SYSTEM/a');
});

test('16 wildcard characters in identifiers reach hooks as they are, and no topic (CVE-2017-7650)', async () => {
  const seen: unknown[] = [];
  const { broker } = await openBroker({
    hooks: { connect: ({ clientIdentifier, userName }) => void seen.push([clientIdentifier, userName]) },
  });
  const peer = await connected(broker, { clientIdentifier: '+/#', userName: '#' });
  await peer.expectNothing();
  expect(seen).toEqual([['+/#', '#']]);
});
