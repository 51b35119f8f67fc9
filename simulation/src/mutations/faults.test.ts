import type { ConnectPacket } from '@petrel/protocol';
import { test } from 'vitest';
import { expectCaught } from './planted-bug.suite.js';

test('a broker that ends the connection of a client that did nothing wrong is caught', async () => {
  await expectCaught('faults', () => {
    const connects = new Map<string, ConnectPacket>();
    return {
      arriving: (packet, client) => {
        if (packet.type === 'connect') connects.set(client, packet);
        const second = connects.get(client);
        return packet.type === 'pingreq' && second !== undefined ? [second] : [packet];
      },
    };
  });
});
