/** A message that its handler leaves to a later connection. */
import type { RawPeer } from '@petrel/testing';
import { afterEach, describe, expect, test } from 'vitest';
import type { Client } from './client.js';
import { publish, ScriptedServer, settled, suback } from './scripted-server.suite.js';

const server = new ScriptedServer();
let client: Client;
afterEach(() => client?.destroy());

const message = (value: string, qos: 1 | 2, packetIdentifier: number, dup = false) =>
  publish({ payload: new TextEncoder().encode(value), qos, packetIdentifier, dup });

describe('a message that its handler leaves', () => {
  test.each([
    [1, 'puback'],
    [2, 'pubrec'],
  ] as const)(
    'at QoS %d is not acknowledged, and what came behind it waits; the next connection brings it again',
    async (qos, answered) => {
      const seen: string[] = [];
      let leaves = true;
      let peer: RawPeer;
      ({ client, peer } = await server.connected());
      const subscribed = client.subscribe('#', { qos: 2 }, (received, delivery) => {
        seen.push(received.text());
        if (leaves && received.text() === 'a') delivery.leave();
      });
      peer.send(suback(await peer.receive('subscribe')));
      await subscribed;
      peer.send(message('a', qos, 1), message('b', qos, 2));
      await settled();
      expect(peer.unread).toEqual([]);
      leaves = false;
      ({ peer } = await server.reconnected(client, peer, { sessionPresent: true }));
      peer.send(message('a', qos, 1, true), message('b', qos, 2, true));
      expect(await peer.receive(answered)).toMatchObject({ packetIdentifier: 1, reasonCode: 0 });
      expect(await peer.receive(answered)).toMatchObject({ packetIdentifier: 2, reasonCode: 0 });
      expect(seen).toEqual(['a', 'b', 'a']);
    },
  );
});
