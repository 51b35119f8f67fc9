/** Section 6: MQTT over WebSocket. */

import { encodePacket } from '@petrel/protocol';
import type { WebSocket } from 'ws';
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import { bytes } from '../wire/frame.js';
import { Peer } from '../wire/peer.js';
import { openWebSocket, webSocketTransport } from '../wire/transport.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** An open WebSocket to the broker, and a peer that reads from it. */
async function open(t: TestContext): Promise<{ socket: WebSocket; peer: Peer }> {
  const { webSocketUrl, timeoutMs } = t.target;
  t.require(webSocketUrl !== undefined, 'no --websocket-url is known');
  const socket = await openWebSocket(webSocketUrl as URL, timeoutMs);
  t.closeAfterwards(() => socket.terminate());
  const peer = new Peer(webSocketTransport(socket), {
    otherEnd: 'server',
    protocolVersion: t.version,
    timeoutMs,
  });
  return { socket, peer };
}

export const webSocketTests = [
  serverTest(
    { v5: 'MQTT-6.0.0-1', v311: 'MQTT-6.0.0-1' },
    'a text frame closes, as the first frame and later',
    async (t) => {
      const connect = encodePacket(t.connectPacket(), t.version);
      const first = await open(t);
      first.socket.send(Buffer.from(connect).toString('latin1'), { binary: false });
      await first.peer.waitClosed();
      const { socket, peer } = await open(t);
      socket.send(connect);
      await peer.expectPacket('connack');
      socket.send('\u0000', { binary: false });
      await peer.waitClosed();
    },
  ),

  serverTest(
    { v5: 'MQTT-6.0.0-1', v311: 'MQTT-6.0.0-1' },
    'the broker sends binary frames only',
    async (t) => {
      const { socket, peer } = await open(t);
      const kinds: boolean[] = [];
      socket.on('message', (_data, isBinary) => kinds.push(isBinary));
      socket.send(encodePacket(t.connectPacket(), t.version));
      await peer.expectPacket('connack');
      peer.send({ type: 'pingreq' });
      await peer.expectPacket('pingresp');
      expectEqual(new Set(kinds).has(false), false, 'whether a text frame came');
    },
  ),

  serverTest(
    { v5: 'MQTT-6.0.0-2', v311: 'MQTT-6.0.0-2' },
    'packets may share a frame and may be spread over frames',
    async (t) => {
      const { socket, peer } = await open(t);
      const connect = encodePacket(t.connectPacket(), t.version);
      for (const byte of connect) socket.send(Uint8Array.of(byte));
      await peer.expectPacket('connack');
      const pings = bytes(0xc0, 0, 0xc0, 0, 0xc0);
      socket.send(pings);
      socket.send(bytes(0, 0xc0, 0));
      for (let count = 0; count < 4; count++) await peer.expectPacket('pingresp');
      // One WebSocket message in two fragments is one more way to cut.
      socket.send(bytes(0xc0), { fin: false });
      socket.send(bytes(0), { fin: true });
      await peer.expectPacket('pingresp');
    },
  ),

  serverTest(
    { v5: 'MQTT-6.0.0-4', v311: 'MQTT-6.0.0-4' },
    'the broker selects the subprotocol "mqtt"',
    async (t) => {
      const { socket } = await open(t);
      expectEqual(socket.protocol, 'mqtt', 'subprotocol');
    },
  ),
].flat();
