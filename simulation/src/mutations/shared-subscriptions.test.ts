import { test } from 'vitest';
import { witness } from '../run.js';
import { expectCaught, onPublish } from './planted-bug.suite.js';

test('a broker that gives a message to every member of a Shared Subscription is caught', async () => {
  await expectCaught('shared subscriptions', () => ({
    arriving: (packet) =>
      packet.type === 'subscribe'
        ? [
            {
              ...packet,
              subscriptions: packet.subscriptions.map((request) => ({
                ...request,
                topicFilter: request.topicFilter.replace(/^\$share\/[^/]+\//, ''),
              })),
            },
          ]
        : [packet],
  }));
});

test('a broker that gives it to none is caught', async () => {
  await expectCaught('shared subscriptions', () => ({
    leaving: onPublish((packet, client) =>
      packet.topicName.startsWith('s/') && client !== witness ? [] : [packet],
    ),
  }));
});
