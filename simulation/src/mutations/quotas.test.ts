import { describe, test } from 'vitest';
import { expectCaught } from './planted-bug.suite.js';

describe('a broker is caught that', () => {
  test('does not read Receive Maximum', async () => {
    await expectCaught('quotas', () => ({
      arriving: (packet) =>
        packet.type === 'connect'
          ? [{ ...packet, properties: { ...packet.properties, receiveMaximum: 65_535 } }]
          : [packet],
    }));
  });

  test('does not read Maximum Packet Size', async () => {
    await expectCaught('quotas', () => ({
      arriving: (packet) => {
        if (packet.type !== 'connect') return [packet];
        const { maximumPacketSize: _, ...properties } = packet.properties;
        return [{ ...packet, properties }];
      },
    }));
  });
});

test('a client that passes the Receive Maximum of the broker is caught', async () => {
  await expectCaught('quotas', () => ({
    leaving: (packet) =>
      packet.type === 'connack'
        ? [{ ...packet, properties: { ...packet.properties, receiveMaximum: 100 } }]
        : [packet],
  }));
});
