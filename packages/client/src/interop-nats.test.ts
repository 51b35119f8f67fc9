/** The client against NATS, which speaks MQTT 3.1.1 over TCP and WebSocket. */
import { describePeer, findNats, type RunningBroker, startNats } from '@petrel/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientOptions } from './index.js';
import { closeClientsAfterEach, connected, interopSuite } from './interop.suite.js';

closeClientsAfterEach();

describePeer(findNats(), 'NATS', () => {
  let broker: RunningBroker;
  beforeAll(async () => {
    // It sends again after this time, not when a client comes back.
    broker = await startNats({ mqtt: 'ack_wait: "1s"' });
  });
  afterAll(() => broker?.stop());

  test('refuses MQTT 5, so we speak 3.1.1', async () => {
    const client = await connected({ url: broker.url });
    expect(client.server?.protocolVersion).toBe(4);
  });

  describe.each<[string, () => ClientOptions]>([
    ['TCP', () => ({ url: broker.url })],
    ['WebSocket', () => ({ url: broker.webSocketUrl })],
  ])('%s', (_, target) => interopSuite(target, { resendsOutOfOrder: true }));
});
