import { describe, test } from 'vitest';
import { nameOf } from '../checkers/checker.js';
import { witness } from '../run.js';
import { expectCaught, onPublish } from './planted-bug.suite.js';

describe('a broker is caught that', () => {
  test('publishes a Will twice', async () => {
    await expectCaught('wills', () => ({
      leaving: onPublish((packet, client) =>
        client === witness && nameOf(packet).includes('/will')
          ? [packet, { ...packet, packetIdentifier: packet.packetIdentifier + 1000 }]
          : [packet],
      ),
    }));
  });

  test('forgets Wills', async () => {
    await expectCaught('wills', () => ({
      arriving: (packet) => {
        if (packet.type !== 'connect') return [packet];
        const { will: _, ...forgetful } = packet;
        return [forgetful];
      },
    }));
  });

  test('publishes the Will of a client that said goodbye', async () => {
    await expectCaught('wills', () => ({
      arriving: (packet) => (packet.type === 'disconnect' ? [{ type: 'pingreq' }] : [packet]),
    }));
  });

  test('does not wait for the Will Delay Interval', async () => {
    await expectCaught('wills', () => ({
      arriving: (packet) =>
        packet.type === 'connect' && packet.will !== undefined
          ? [{ ...packet, will: { ...packet.will, properties: {} } }]
          : [packet],
    }));
  });
});
