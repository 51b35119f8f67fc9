import { test } from 'vitest';
import { nameOf } from '../checkers/checker.js';
import { expectCaught, onPublish } from './planted-bug.suite.js';

test('a broker that loses one acknowledged message for each client is caught', async () => {
  await expectCaught('at least once', () => {
    const lost = new Map<string, string>();
    return {
      leaving: onPublish((packet, client) => {
        if (packet.qos === 0 || packet.topicName.startsWith('s/')) return [packet];
        if (!lost.has(client)) lost.set(client, nameOf(packet));
        return lost.get(client) === nameOf(packet) ? [] : [packet];
      }),
    };
  });
});

test('a broker that sends everything at QoS 0 is caught', async () => {
  await expectCaught('at least once', () => ({
    arriving: (packet) =>
      packet.type === 'subscribe'
        ? [{ ...packet, subscriptions: packet.subscriptions.map((request) => ({ ...request, qos: 0 })) }]
        : [packet],
  }));
});
