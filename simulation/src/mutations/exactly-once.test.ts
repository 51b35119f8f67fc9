import { test } from 'vitest';
import { expectCaught, onPublish } from './planted-bug.suite.js';

test('a broker that sends QoS 2 messages twice is caught', async () => {
  await expectCaught('exactly once', () => ({
    leaving: onPublish((packet) =>
      packet.qos === 2 && !packet.dup
        ? [packet, { ...packet, packetIdentifier: packet.packetIdentifier + 1000 }]
        : [packet],
    ),
  }));
});

test('a broker that takes a repeated QoS 2 message for a new one is caught', async () => {
  await expectCaught('exactly once', () => ({
    arriving: onPublish((packet) =>
      packet.qos === 2 && packet.dup
        ? [{ ...packet, dup: false, packetIdentifier: packet.packetIdentifier + 1000 }]
        : [packet],
    ),
  }));
});
