import type { PublishPacket } from '@petrel/protocol';
import { test } from 'vitest';
import { auditor, witness } from '../run.js';
import { expectCaught, onPublish } from './planted-bug.suite.js';

test('a broker that keeps the first retained message of a topic instead of the last is caught', async () => {
  await expectCaught('retained', () => {
    const written = new Set<string>();
    return {
      arriving: onPublish((packet) => {
        if (!packet.retain || !written.has(packet.topicName)) {
          if (packet.retain) written.add(packet.topicName);
          return [packet];
        }
        return [{ ...packet, retain: false }];
      }),
    };
  });
});

test('a broker that sends new subscriptions a message of yesterday is caught', async () => {
  await expectCaught('retained', () => {
    const first = new Map<string, PublishPacket>();
    return {
      leaving: onPublish((packet, client) => {
        if (!packet.retain || client === witness || client === auditor) return [packet];
        const { payload } = first.get(packet.topicName) ?? packet;
        if (!first.has(packet.topicName)) first.set(packet.topicName, packet);
        return [{ ...packet, payload }];
      }),
    };
  });
});

test('a broker that forgets to send what is retained is caught', async () => {
  await expectCaught('retained', () => ({
    leaving: onPublish((packet, client) =>
      packet.retain && client !== witness && client !== auditor ? [] : [packet],
    ),
  }));
});
