/** Spec corners of what a message means on its way: aliases before everything else, and what its publisher hears. */
import { describe, expect, test } from 'vitest';
import { connected, openBroker, publish, published, subscribed, text } from '../broker-fixture.suite.js';

describe('a Topic Alias is resolved first', () => {
  test('a message that comes by alias is retained under its Topic Name, without the alias', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    peer.send(
      publish('real/name', 'first', { properties: { topicAlias: 1 } }),
      publish('', 'kept', { retain: true, properties: { topicAlias: 1 } }),
    );
    await peer.expectNothing();
    const later = await connected(broker);
    await subscribed(later, 'real/#');
    const message = await later.receive('publish');
    expect(message).toMatchObject({ topicName: 'real/name', retain: true, properties: {} });
    expect(text(message)).toBe('kept');
  });

  test('permission is asked for the Topic Name, also where another connection gave the alias to another topic [MQTT-3.3.2-7]', async () => {
    const { broker } = await openBroker({
      hooks: { authorizePublish: (_, { topicName }) => topicName === 'allowed' },
    });
    const watcher = await connected(broker);
    await subscribed(watcher, '#');
    const good = await connected(broker);
    good.send(publish('allowed', '1', { properties: { topicAlias: 1 } }));
    const bad = await connected(broker);
    bad.send(publish('forbidden', '2', { properties: { topicAlias: 1 } }));
    expect(await published(bad, '', '3', 1, { properties: { topicAlias: 1 } })).toBe(0x87);
    expect(text(await watcher.receive('publish'))).toBe('1');
    await watcher.expectNothing();
  });

  test('a new Topic Name for a known alias counts from that message on', async () => {
    const { broker } = await openBroker();
    const watcher = await connected(broker);
    await subscribed(watcher, '#');
    const peer = await connected(broker);
    const by = (topicName: string) => publish(topicName, '', { properties: { topicAlias: 1 } });
    peer.send(by('a'), by(''), by('b'), by(''));
    for (const topicName of ['a', 'a', 'b', 'b']) {
      expect((await watcher.receive('publish')).topicName).toBe(topicName);
    }
  });
});

describe('No matching subscribers', () => {
  test.each([1, 2] as const)(
    '0x10 at QoS %i is a success: the message is retained all the same',
    async (qos) => {
      const { broker } = await openBroker();
      expect(await published(await connected(broker), 'a', 'x', qos, { retain: true })).toBe(0x10);
      expect(broker.metrics().retainedMessages).toBe(1);
    },
  );

  test('an absent subscriber with a session matches', async () => {
    const { broker } = await openBroker();
    const absent = await connected(broker, { properties: { sessionExpiryInterval: 60 } });
    await subscribed(absent, 'a', { qos: 1 });
    absent.destroy();
    await absent.closed();
    expect(await published(await connected(broker), 'a', 'x', 1)).toBe(0);
  });
});
