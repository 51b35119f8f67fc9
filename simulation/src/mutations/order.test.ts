import type { PublishPacket } from '@petrel/protocol';
import { test } from 'vitest';
import { expectCaught, onPublish } from './planted-bug.suite.js';

test('a broker that lets the second message overtake the first is caught', async () => {
  await expectCaught('order', () => {
    const held = new Map<string, PublishPacket>();
    return {
      leaving: onPublish((packet, client) => {
        if (packet.qos !== 1 || packet.dup) return [packet];
        const first = held.get(client);
        if (first === undefined) {
          held.set(client, packet);
          return [];
        }
        held.delete(client);
        return [packet, first];
      }),
    };
  });
});
