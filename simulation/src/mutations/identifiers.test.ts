import type { PublishPacket } from '@petrel/protocol';
import { describe, test } from 'vitest';
import { expectCaught, onPublish } from './planted-bug.suite.js';

describe('a broker is caught that', () => {
  test('gives all messages the same Packet Identifier', async () => {
    await expectCaught('identifiers', () => ({
      leaving: onPublish((packet) => [{ ...packet, packetIdentifier: packet.qos > 0 ? 1 : 0 }]),
    }));
  });

  test('repeats messages without DUP', async () => {
    await expectCaught('identifiers', () => ({
      leaving: onPublish((packet) => [{ ...packet, dup: false }]),
    }));
  });

  test('begins a QoS 2 exchange again after PUBREC', async () => {
    await expectCaught('identifiers', () => {
      const sent = new Map<string, PublishPacket>();
      return {
        leaving: (packet, client) => {
          if (packet.type === 'publish' && packet.qos === 2)
            sent.set(`${client} ${packet.packetIdentifier}`, packet);
          if (packet.type !== 'pubrel') return [packet];
          const key = `${client} ${packet.packetIdentifier}`;
          const again = sent.get(key);
          sent.delete(key);
          return again === undefined ? [packet] : [{ ...again, dup: true }, packet];
        },
      };
    });
  });
});
