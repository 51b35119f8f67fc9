import { describe, test } from 'vitest';
import { expectCaught } from './planted-bug.suite.js';

describe('a broker is caught that', () => {
  test('forgets sessions', async () => {
    await expectCaught('sessions', () => ({
      arriving: (packet) => (packet.type === 'connect' ? [{ ...packet, cleanStart: true }] : [packet]),
    }));
  });

  test('resumes a session against the wish of its client', async () => {
    await expectCaught('sessions', () => ({
      arriving: (packet) => (packet.type === 'connect' ? [{ ...packet, cleanStart: false }] : [packet]),
    }));
  });

  test('keeps sessions too long', async () => {
    await expectCaught('sessions', () => ({
      arriving: (packet) =>
        packet.type === 'connect' && packet.protocolVersion === 5
          ? [{ ...packet, properties: { ...packet.properties, sessionExpiryInterval: 9_999 } }]
          : [packet],
    }));
  });

  test('does not end a subscription', async () => {
    await expectCaught('sessions', () => ({
      arriving: (packet) =>
        packet.type === 'unsubscribe' ? [{ ...packet, topicFilters: ['somewhere/else'] }] : [packet],
    }));
  });

  test('forgets No Local', async () => {
    await expectCaught('sessions', () => ({
      arriving: (packet) =>
        packet.type === 'subscribe'
          ? [{ ...packet, subscriptions: packet.subscriptions.map((one) => ({ ...one, noLocal: false })) }]
          : [packet],
    }));
  });
});
